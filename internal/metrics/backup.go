package metrics

// BackedUp counts a backup that was made, or could not be.
func (m *Metrics) BackedUp(ok bool) {
	outcome := "failed"
	if ok {
		outcome = "ready"
	}
	m.backups.WithLabelValues(outcome).Inc()
}
