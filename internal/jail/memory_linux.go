package jail

// groupMemory is the bound of the process group: there is none here that would count the
// engines together.
func (c *child) groupMemory() int64 { return 0 }

// watched tells what bounds the memory.
func watched(g *cgroup) string {
	if g != nil {
		return g.String() + " and a watch on what the processes hold"
	}
	return "a watch on what the processes hold, and RLIMIT_DATA"
}
