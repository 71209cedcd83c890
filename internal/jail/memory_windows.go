package jail

import "os"

func (c *child) groupMemory() int64 { return c.memory }

func watched(*cgroup) string { return "a job object" }

func endedBy(*os.ProcessState, string) bool { return false }
