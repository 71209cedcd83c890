package jail

// Wall is a set of what bounds a child besides time.
type Wall uint8

// The walls.
const (
	Namespaces Wall = 1 << iota // a network and process numbers of its own
	Files                       // Landlock
	Calls                       // seccomp
	Cgroup                      // memory counted by the kernel
)

func (w Wall) has(one Wall) bool { return w&one != 0 }

// Report tells what bounds the conversions of a machine, each in words for its operator.
type Report struct {
	Memory  string `json:"memory"`
	Network string `json:"network"`
	Files   string `json:"files"`
	Calls   string `json:"calls"`
	// Confined says that pages and videos reach nothing but what the parent connects to.
	Confined bool `json:"confined"`
}
