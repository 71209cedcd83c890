// Command promql reads expressions of PromQL from standard input, a JSON list of texts, and
// writes what each of them asks for: by Prometheus's own parser, which has a module of its
// own here so that the program's holds only what it needs.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/promql/parser"
)

// selector is one metric that an expression asks for.
type selector struct {
	Metric   string    `json:"metric"`
	Matchers []matcher `json:"matchers"`
	// Groups are labels that what is made of the metric is grouped by.
	Groups []string `json:"groups"`
}

type matcher struct {
	Label string `json:"label"`
	Kind  string `json:"kind"` // =, !=, =~ or !~
	Value string `json:"value"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var expressions []string
	if err := json.NewDecoder(os.Stdin).Decode(&expressions); err != nil {
		return err
	}
	all := make([][]selector, len(expressions))
	for i, text := range expressions {
		parsed, err := parser.NewParser(parser.Options{}).ParseExpr(text)
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		parser.Inspect(parsed, func(node parser.Node, above []parser.Node) error {
			if found, ok := node.(*parser.VectorSelector); ok {
				all[i] = append(all[i], asked(found, above))
			}
			return nil
		})
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

func asked(of *parser.VectorSelector, above []parser.Node) selector {
	s := selector{Metric: of.Name, Matchers: []matcher{}, Groups: []string{}}
	for _, m := range of.LabelMatchers {
		if m.Name != "__name__" {
			s.Matchers = append(s.Matchers, matcher{m.Name, m.Type.String(), m.Value})
		}
	}
	for _, node := range above {
		if aggregate, ok := node.(*parser.AggregateExpr); ok && !aggregate.Without {
			s.Groups = append(s.Groups, aggregate.Grouping...)
		}
	}
	return s
}
