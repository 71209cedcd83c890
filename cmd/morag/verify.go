package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"morag/internal/app"
	"morag/internal/verify"
)

type verifyCmd struct {
	DataDir    string `env:"MORAG_DATA_DIR" default:"./data" help:"Folder to read, on which no server may run."`
	RemoteJobs string `name:"remote-jobs-data-dir" env:"MORAG_REMOTE_JOBS_DATA_DIR" help:"Folder of the remote jobs (default: remote_jobs in the data folder)."`
	Repair     bool   `help:"Mend what can be mended. Take a copy of the folder first."`
	JSON       bool   `name:"json" help:"Print JSON."`
}

func (c *verifyCmd) Run(ctx context.Context, std streams) error {
	report, err := app.Verify(ctx, c.DataDir, c.RemoteJobs, c.Repair)
	if err != nil {
		return err
	}
	if err := c.print(std, report); err != nil {
		return err
	}
	if left := report.Left(); left > 0 {
		return fmt.Errorf("faults in %s: %d", c.DataDir, left)
	}
	return nil
}

func (c *verifyCmd) print(std streams, report verify.Report) error {
	if c.JSON {
		return printJSON(std.out, report)
	}
	for _, f := range report.Faults {
		state := "cannot be repaired: "
		switch {
		case f.Repaired:
			state = "repaired: "
		case f.Repairable:
			state = "--repair: "
		}
		if _, err := fmt.Fprintln(std.out, oneLine(fmt.Sprintf("%s: %s: %s: %s (%s%s)", f.Part, f.Kind, f.What, f.Why, state, f.Remedy))); err != nil {
			return err
		}
	}
	var read []string
	for _, what := range slices.Sorted(maps.Keys(report.Checked)) {
		read = append(read, fmt.Sprintf("%d %s", report.Checked[what], what))
	}
	_, err := fmt.Fprintf(std.out, "read: %s; %d faults, %d repaired\n", strings.Join(read, ", "), len(report.Faults)+report.More, len(report.Faults)+report.More-report.Left())
	return err
}
