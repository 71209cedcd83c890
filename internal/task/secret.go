package task

import "morag/internal/option"

// Sealer makes secrets unreadable for whoever reads a store. What is sealed is opened for
// the same purpose alone. It is safe for concurrent use.
type Sealer interface {
	Seal(plain, purpose string) (sealed string)
	Open(sealed, purpose string) (plain string, err error)
}

// sealed is t as a store may have it.
func (t *Task) sealed(by Sealer) record {
	open, secrets := t.Options.Hide()
	if len(secrets) == 0 {
		return record{Task: t}
	}
	c := *t
	c.Options = open
	for name, plain := range secrets {
		secrets[name] = by.Seal(plain, purpose(t, name))
	}
	return record{&c, secrets}
}

// opened is the task of a store's record.
func (r record) opened(by Sealer) *Task {
	secrets := map[string]string{}
	for name, sealed := range r.Sealed {
		plain, err := by.Open(sealed, purpose(r.Task, name))
		if err != nil { // the key is another, and with it they are lost
			r.SecretsGone = true
			continue
		}
		secrets[name] = plain
	}
	if len(secrets) > 0 {
		r.Options = r.Options.Reveal(secrets)
	}
	return r.Task
}

// purpose keeps what is sealed from being opened for another task, or as another secret.
func purpose(t *Task, name string) string { return "task " + t.ID + " " + name }

// Secretive tells whether the task keeps secrets.
func (t *Task) Secretive() bool {
	_, secrets := t.Options.Hide()
	return len(secrets) > 0
}

// forget drops the secrets that nothing can need any more: those of the conversion, when
// there is a text or never will be. A failure keeps them, since it may be retried, and any
// end those of the webhook, which may be told once more, until [Task.Forget].
func (t *Task) forget() {
	if t.Phase == Ended && t.Status != Failure || t.ConvertedRef != "" {
		t.Options, _ = t.Options.Forget(option.ForConversion)
	}
}

// Forget drops all secrets of a task that has ended long ago; from then on it can neither
// be retried nor its webhook told, if they would take them. What is under way, and what its
// receiver is still to be told of, keeps them.
func (t *Task) Forget() {
	if t.Phase == Ended && t.Pending() == nil && t.Secretive() {
		t.Options, t.SecretsGone = t.Options.Forget()
		t.Revision++
	}
}

// Reseal makes a task of an earlier program, whose secrets were kept as they are for good,
// one whose secrets are kept as long as they are needed.
func (t *Task) Reseal() {
	t.forget()
	t.Revision++
}
