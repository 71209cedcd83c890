// Package jail has foreign bytes converted by processes of this program's own, each with
// bounds on memory, time, scratch, files and network. A parser that a source makes grow,
// hang or crash is killed, and nothing but its conversion ends.
//
// A [Pool] is the parent's side: it starts children, gives each one job at a time by a
// protocol of frames over its standard input and output, watches it and all its engines
// while it works, and keeps it for the next job when nothing speaks against that. [Child]
// is the other side. It makes the converters, raises the walls that the system has, tells
// which those are, and works.
//
// On Linux the walls are namespaces (network, process numbers), Landlock, seccomp, rlimits
// and, where one can be made, a cgroup; each is left out where the kernel does not have it,
// and [Pool.Report] says so. Deadlines, scratch and the death with the parent are there on
// every system.
package jail
