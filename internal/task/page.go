package task

// Page is the beginning of tasks that a page of at most n holds, and the cursor of the
// next page, "" when all are on it.
func Page(tasks []*Task, n int) ([]*Task, string) {
	size := 0
	for i, t := range tasks {
		if i == n || size >= PageBytes {
			return tasks[:i], tasks[i-1].Cursor()
		}
		size += t.Bytes()
	}
	return tasks, ""
}
