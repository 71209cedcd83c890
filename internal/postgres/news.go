package postgres

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// channel is the only one: each listener of a server is a lock in the database.
	channel = "morag"
	// newsEvery is the least time between two notifications of one server: each takes a
	// lock of the whole instance until its commit.
	newsEvery = 20 * time.Millisecond
	// newsBytes bounds what one notification says; PostgreSQL allows 8000 bytes.
	newsBytes = 4000
	// quietFor is how long nothing may be heard until the connection is tried.
	quietFor = time.Minute
	// listenAgain is how long after a loss the connection is tried again.
	listenAgain = time.Second
)

// news are the notifications that servers send each other. They are hints: one that is lost
// makes something later, never wrong.
type news struct {
	db   *DB
	end  context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex // guards what follows
	pending map[string]struct{}
	some    chan struct{}
	hearers map[string][]func(text string)
}

// Tell tells the other servers, and the hearers of this one, what has changed, a moment
// later and together with what else is to be told.
func (db *DB) Tell(topic, text string) {
	n := &db.news
	payload := topic + " " + text
	if n.some == nil || len(payload) > newsBytes {
		return
	}
	n.mu.Lock()
	n.pending[payload] = struct{}{}
	n.mu.Unlock()
	select {
	case n.some <- struct{}{}:
	default:
	}
}

// Hear has fn called with what is told of a topic, here or elsewhere, and with "" when
// something may have been missed. fn must not block.
func (db *DB) Hear(topic string, fn func(text string)) {
	n := &db.news
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hearers == nil {
		n.hearers = map[string][]func(string){}
	}
	n.hearers[topic] = append(n.hearers[topic], fn)
}

func (n *news) start(db *DB, config *pgx.ConnConfig) {
	n.db = db
	if db.cfg.Quiet {
		return
	}
	var ctx context.Context
	ctx, n.end = context.WithCancel(context.Background())
	n.pending, n.some = map[string]struct{}{}, make(chan struct{}, 1)
	n.done.Go(func() { n.send(ctx) })
	n.done.Go(func() { n.listen(ctx, config.Copy()) })
}

func (n *news) stop() {
	if n.end != nil {
		n.end()
		n.done.Wait()
	}
}

// send sends what is pending, all at once and not too often.
func (n *news) send(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.some:
		}
		n.mu.Lock()
		payloads := make([]string, 0, len(n.pending))
		for p := range n.pending {
			payloads = append(payloads, p)
		}
		clear(n.pending)
		n.mu.Unlock()
		bounded, cancel := context.WithTimeout(ctx, n.db.cfg.Timeout)
		_, err := n.db.pool.Exec(bounded, "SELECT pg_notify('"+channel+"', text) FROM unnest($1::text[]) AS text", payloads)
		cancel()
		if err != nil && ctx.Err() == nil {
			n.db.cfg.Logger.Debug("other servers were not notified", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(newsEvery):
		}
	}
}

// listen hears what other servers send, on a connection of its own, which it makes anew
// when it is lost.
func (n *news) listen(ctx context.Context, config *pgx.ConnConfig) {
	lost := false
	for ctx.Err() == nil {
		err := n.hearAll(ctx, config, &lost)
		if ctx.Err() != nil {
			return
		}
		if !lost {
			n.db.cfg.Logger.Warn("the connection for notifications is lost; until it is back, what other servers do is seen by looking", "error", err)
		}
		lost = true
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (n *news) hearAll(ctx context.Context, config *pgx.ConnConfig, lost *bool) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	if *lost {
		n.db.cfg.Logger.Info("the connection for notifications is back")
	}
	*lost = false
	n.missed()
	for {
		quiet, cancel := context.WithTimeout(ctx, quietFor)
		got, err := conn.WaitForNotification(quiet)
		cancel()
		switch {
		case err == nil:
			topic, text, _ := strings.Cut(got.Payload, " ")
			n.hand(topic, text)
		case quiet.Err() == nil || ctx.Err() != nil:
			return err
		default:
			if err := n.try(ctx, conn); err != nil {
				return err
			}
		}
	}
}

// try finds out whether the other end still lives.
func (n *news) try(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, n.db.cfg.Timeout)
	defer cancel()
	return conn.Ping(ctx)
}

// hand hands a notification to those who hear its topic.
func (n *news) hand(topic, text string) {
	n.mu.Lock()
	hearers := n.hearers[topic]
	n.mu.Unlock()
	for _, fn := range hearers {
		fn(text)
	}
}

// missed tells all hearers to look.
func (n *news) missed() {
	n.mu.Lock()
	topics := make([]string, 0, len(n.hearers))
	for topic := range n.hearers {
		topics = append(topics, topic)
	}
	n.mu.Unlock()
	for _, topic := range topics {
		n.hand(topic, "")
	}
}
