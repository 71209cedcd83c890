package main

import (
	"context"
	"fmt"
	"time"

	"morag/internal/selftest"
)

type selftestCmd struct {
	server
	Test   string `default:"all" enum:"lifecycle,api,all" help:"What to check: lifecycle (of remote jobs), api, or all."`
	Source string `placeholder:"PATH" help:"A file on the server, below its MORAG_SOURCE_DIRS, for the jobs to name (default: one is uploaded)."`
}

func (c *selftestCmd) Run(ctx context.Context, std streams) error {
	if _, err := c.client(); err != nil {
		return err
	}
	bar := newProgress(std.err, "selftest")
	report, err := selftest.Run(ctx, selftest.Config{
		Server: c.Server, APIKey: c.APIKey, CAFile: c.CAFile, UserAgent: "morag-selftest/" + version, Test: c.Test, Source: c.Source, Now: time.Now,
		Ended: func(check selftest.Check, done, all int) { bar.show(float64(done)/float64(all), check.Name) },
	})
	bar.done()
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(std.out, report); err != nil {
			return err
		}
		return report.Err()
	}
	rows := [][]string{{"RESULT", "SECONDS", "TEST", "CHECK"}}
	for _, check := range report.Checks {
		name := check.Name
		if check.Detail != "" {
			name += ": " + check.Detail
		}
		rows = append(rows, []string{string(check.Result), fmt.Sprintf("%.2f", check.Seconds), check.Group, name})
	}
	if err := table(std.out, rows); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "\n%d passed, %d failed, %d skipped in %.1f s\n", report.Passed, report.Failed, report.Skipped, report.Seconds)
	return report.Err()
}
