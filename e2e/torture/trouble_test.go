package torture

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// TestSeveral drives three servers behind a proxy with many clients and puts them to one
// trouble after the other, then has honest workers finish what is left, and checks everything
// that any client was ever told. The clock of one of the servers is an hour ahead.
func TestSeveral(t *testing.T) {
	t.Parallel()
	all := newSeveral(t, binary, ahead(t), aside())
	w := newWorld(t, all.members[0].server)
	w.subject, w.client.url = all, all.base()
	// Each start reads all vectors, and the machine has three servers and what they share.
	w.long, w.rest = 0.005, 80
	w.history.allowed = []int{503}
	all.start()
	choose := random(9)
	w.during(func(ctx context.Context) {
		var deck []trouble
		for range *rounds {
			if len(deck) == 0 {
				deck = append(deck, troubles...)
				choose.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
			}
			pause(ctx, time.Duration(200+choose.IntN(600))*time.Millisecond)
			all.alive()
			began := w.history.now()
			deck[0].happens(all, ctx, choose)
			t.Logf("%8.3fs–%8.3fs %s", began.Seconds(), w.history.now().Seconds(), deck[0].name)
			deck = deck[1:]
			w.welcome(ctx)
		}
		all.calm()
	})
	if *rounds >= len(troubles) && all.front.lost == 0 {
		t.Error("no answer was lost")
	}
}

// trouble is what may happen to several servers. When happens returns it is over.
type trouble struct {
	name    string
	happens func(s *several, ctx context.Context, choose *rand.Rand)
}

var troubles = []trouble{
	{"a server is killed", (*several).killOne},
	{"all servers are killed", (*several).killAll},
	{"the database is killed", (*several).killDatabase},
	{"the S3 server is killed", (*several).killBucket},
	{"a server is cut off", (*several).cutOne},
	{"a server hears nothing", (*several).silenceOne},
	{"notifications are lost", (*several).loseNotifications},
	{"a rolling restart", (*several).restartAll},
	{"a standby is promoted", (*several).promote},
	{"a newer program is beside", (*several).meetNewer},
}

// while is how long a trouble lasts.
func while(ctx context.Context, choose *rand.Rand) {
	pause(ctx, time.Duration(choose.IntN(900))*time.Millisecond)
}

func (s *several) any(choose *rand.Rand) *member { return s.members[choose.IntN(len(s.members))] }

// killOne kills a server, and now and then again while it starts.
func (s *several) killOne(ctx context.Context, choose *rand.Rand) {
	m := s.any(choose)
	m.kill()
	while(ctx, choose)
	for choose.IntN(3) == 0 {
		m.flash(time.Duration(choose.IntN(500_000)) * time.Microsecond)
	}
	m.start()
}

func (s *several) killAll(ctx context.Context, choose *rand.Rand) {
	for _, m := range s.members {
		m.kill()
	}
	while(ctx, choose)
	s.start()
}

func (s *several) killDatabase(ctx context.Context, choose *rand.Rand) {
	if err := s.database.Kill(); err != nil {
		s.t.Fatal(err)
	}
	while(ctx, choose)
	if err := s.database.Run(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *several) killBucket(ctx context.Context, choose *rand.Rand) {
	s.bucket.Kill(s.t)
	while(ctx, choose)
	s.bucket.Run(s.t)
}

// cutOne cuts a server off from the database; now and then it is killed meanwhile.
func (s *several) cutOne(ctx context.Context, choose *rand.Rand) {
	m := s.any(choose)
	m.relay.sever()
	while(ctx, choose)
	kill := choose.IntN(3) == 0
	if kill {
		m.kill()
	}
	m.relay.join()
	if kill {
		m.start()
	}
}

// silenceOne has a server hear nothing of the database, whose connections stay.
func (s *several) silenceOne(ctx context.Context, choose *rand.Rand) {
	m := s.any(choose)
	m.relay.silence()
	while(ctx, choose)
	m.relay.join()
}

// loseNotifications loses what servers tell each other.
func (s *several) loseNotifications(ctx context.Context, choose *rand.Rand) {
	for _, m := range s.members {
		m.relay.deafen()
	}
	pause(ctx, time.Second)
	while(ctx, choose)
	for _, m := range s.members {
		m.relay.join()
	}
}

// restartAll restarts one server after the other, as an upgrade does.
func (s *several) restartAll(ctx context.Context, choose *rand.Rand) {
	for _, m := range s.members {
		m.down = true
		if err := m.stop(); err != nil {
			s.t.Errorf("a server was asked to stop: %v\n%s", err, m.child.LogTail(2000))
		}
		m.start()
		m.down = false
	}
}

// promote loses the database for good; a standby takes over whose clock is an hour behind.
func (s *several) promote(ctx context.Context, choose *rand.Rand) {
	standby, err := s.database.Standby()
	if err != nil {
		s.t.Fatalf("start a standby: %v", err)
	}
	while(ctx, choose) // commits wait for it
	lost := s.database
	if err := lost.Kill(); err != nil {
		s.t.Fatal(err)
	}
	for _, m := range s.members {
		m.relay.sever()
		m.relay.lead(standby.Socket())
	}
	s.database = standby
	if err := standby.Promote(); err != nil {
		s.t.Fatalf("promote the standby: %v", err)
	}
	s.turnBack(time.Hour)
	for _, m := range s.members {
		m.relay.join()
	}
	if err := lost.Stop(); err != nil {
		s.t.Error(err)
	}
}

// meetNewer has a newer program change what these go on with.
func (s *several) meetNewer(context.Context, *rand.Rand) { s.future.arrive(s) }
