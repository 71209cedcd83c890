package convert

import "errors"

// The kinds of failure. [Error] carries one of them.
var (
	// ErrUnsupported: no converter here takes this type or format.
	ErrUnsupported = errors.New("unsupported")
	// ErrNoEngine: the program or service needed is not there.
	ErrNoEngine = errors.New("no engine")
	// ErrBadSource: the source is corrupt, truncated, encrypted or too large.
	ErrBadSource = errors.New("bad source")
	// ErrEngine: the engine failed on a source that may be sound.
	ErrEngine = errors.New("engine failed")
	// ErrEnded: the conversion was ended because it took too much memory, time or space, or
	// because the converter crashed.
	ErrEnded = errors.New("conversion ended")
)

// Error has two faces: Message is one clear sentence for the person who sent the
// source, without paths of this machine; Cause is for the log.
type Error struct {
	Kind    error
	Message string
	Cause   error
}

func (e *Error) Error() string { return e.Message }

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// BadSource says why a source cannot be converted.
func BadSource(message string, cause error) error {
	return &Error{Kind: ErrBadSource, Message: message, Cause: cause}
}

// NoEngine says which engine is missing and how to get it.
func NoEngine(message string) error { return &Error{Kind: ErrNoEngine, Message: message} }

// EngineFailed says which engine failed and how.
func EngineFailed(message string, cause error) error {
	return &Error{Kind: ErrEngine, Message: message, Cause: cause}
}

// Unsupported says what is not taken.
func Unsupported(message string) error { return &Error{Kind: ErrUnsupported, Message: message} }
