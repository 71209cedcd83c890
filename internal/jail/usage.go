package jail

// Usage is what the children take at a moment.
type Usage struct {
	Busy, Idle int
	// Memory in bytes that the children and all that they have started hold, without the
	// files that they map; 0 where the system does not tell, which only Linux does.
	Memory int64
}

// Usage tells what the children take now. Those that have just been started count as busy.
func (p *Pool) Usage() Usage {
	p.mu.Lock()
	pids := make([]int, 0, len(p.all))
	for c := range p.all {
		if c.alive() {
			pids = append(pids, c.cmd.Process.Pid)
		}
	}
	u := Usage{}
	for _, waiting := range p.idle {
		u.Idle += len(waiting)
	}
	p.mu.Unlock()
	u.Busy = max(0, len(pids)-u.Idle)
	for _, pid := range pids {
		u.Memory += held(family(pid))
	}
	return u
}
