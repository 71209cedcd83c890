package worker

import "time"

// drain lets what is in hand finish within the grace, then ends it.
func (w *Worker) drain() {
	idle := make(chan struct{})
	go func() {
		w.hands.Wait()
		close(idle)
	}()
	w.mu.Lock()
	n := len(w.inHand)
	w.mu.Unlock()
	if n > 0 {
		w.log.Info("draining", "jobs", n, "grace", w.cfg.Grace)
	}
	grace := time.NewTimer(w.cfg.Grace)
	defer grace.Stop()
	select {
	case <-idle:
		return
	case <-grace.C:
	case <-w.stopped:
	}
	w.endWork(errDraining)

	// Engines are killed, then jobs released.
	last := time.NewTimer(stopGrace + releaseTime + time.Second)
	defer last.Stop()
	select {
	case <-idle:
		return
	case <-last.C:
	case <-w.stopped:
	}
	hurry := time.NewTimer(releaseTime + time.Second)
	defer hurry.Stop()
	select {
	case <-idle:
	case <-hurry.C:
		w.log.Warn("stopped with jobs in hand")
	}
}
