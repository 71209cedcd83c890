package app

import (
	"context"

	"morag/internal/convert"
	"morag/internal/jail"
)

// Examine lists what conversions need and what bounds them, as this machine has it.
func (c *Converters) Examine(ctx context.Context) ([]convert.Engine, error) {
	if c.pool == nil {
		return c.Engines(ctx), nil
	}
	report, err := c.pool.Report()
	if err != nil {
		return nil, err
	}
	registry, err := c.again(report.Confined)
	if err != nil {
		return nil, err
	}
	return append(registry.Engines(ctx), bounds(report)...), nil
}

// ExamineModel tells of the model that MORAG_EMBEDDER=local uses unless another is set, in the
// form of engines.
func ExamineModel(dir, dataDir string) (convert.Engine, error) {
	e := convert.Engine{
		Name: "local model", Purpose: "vectors by meaning (MORAG_EMBEDDER=local)", Types: []string{"every search"},
		Remedy: "morag models pull " + DefaultModel,
	}
	all, err := Models(dir, dataDir).List()
	for _, m := range all {
		if m.There && m.Problem == "" && (m.Name == DefaultModel || !e.Available) {
			e.Available, e.Version = true, m.Name
		}
	}
	return e, err
}

// bounds are what a conversion cannot get over, in the form of engines.
func bounds(r jail.Report) []convert.Engine {
	all := []convert.Engine{
		{Name: "memory", Purpose: "bound by", Version: r.Memory, Remedy: "Linux or Windows"},
		{Name: "network", Purpose: "bound by", Version: r.Network, Remedy: "Linux that lets this user make namespaces (kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"},
		{Name: "files", Purpose: "bound by", Version: r.Files, Remedy: "Linux 5.13 or later with Landlock among its security modules"},
		{Name: "system calls", Purpose: "bound by", Version: r.Calls, Remedy: "Linux with seccomp"},
	}
	for i := range all {
		all[i].Types, all[i].Available = []string{"every conversion"}, all[i].Version != ""
	}
	return all
}
