package filestore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"morag/internal/job"
)

// errUnreadable is a file that holds no record, or only a part of one.
var errUnreadable = errors.New("not a whole job record")

const (
	// firstRead holds nearly every record without its result.
	firstRead = 4 << 10
	// maxHead is more than a record's head can have: 64 KiB of options and 4 KiB of
	// error, each byte escaped to six, fifty history entries, two paths.
	maxHead = 1 << 20
	// maxRecord is up to which size a file is read whole: far above any result that
	// the server takes, and low enough not to take the process down. Of larger files
	// only heads and results of ours are read.
	maxRecord = 1 << 30
	// joined is up to which size a result is written in one piece with its head.
	joined = 64 << 10
)

// record is a file's content: one line of JSON.
type record [][]byte

// encode makes a job's file. The result is put in as it came, byte for byte.
func encode(j *job.Job) (record, error) {
	small := *j
	small.ResultData = nil
	data, err := small.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode job %s: %w", j.ID, err)
	}
	if j.ResultData == nil {
		return record{append(data, '\n')}, nil
	}
	if !json.Valid(j.ResultData) {
		return nil, fmt.Errorf("encode job %s: the result is not JSON", j.ID)
	}
	head, ok := bytes.CutSuffix(data, []byte("null}"))
	if !ok {
		return nil, fmt.Errorf("encode job %s: the record does not end with its result", j.ID)
	}
	if len(j.ResultData) > joined {
		return record{head, j.ResultData, []byte("}\n")}, nil
	}
	return record{append(append(head, j.ResultData...), "}\n"...)}, nil
}

func (r record) size() (n int64) {
	for _, part := range r {
		n += int64(len(part))
	}
	return n
}

func (r record) writeTo(w io.Writer) error {
	for _, part := range r {
		if n, err := w.Write(part); err != nil {
			return err
		} else if n < len(part) {
			return io.ErrShortWrite
		}
	}
	return nil
}

// readHead reads a record without its result: of a file of ours no more than that,
// of others the whole. What is no record is errUnreadable; other errors are the
// disk's.
func readHead(f readFile) (*job.Job, error) {
	size, _, err := sizeOf(f)
	if err != nil {
		return nil, err
	}
	head, _, err := findResult(f, size)
	if err != nil {
		return nil, err
	}
	if head == nil {
		return readWhole(f)
	}
	j, err := parse(head)
	if err != nil {
		return nil, err
	}
	j.ResultData = nil
	return j, nil
}

// readWhole reads a record to its last byte, and leaves out the result.
func readWhole(f readFile) (*job.Job, error) {
	j, err := readAll(f)
	if err == nil {
		j.ResultData = nil
	}
	return j, err
}

func readAll(f readFile) (*job.Job, error) {
	size, _, err := sizeOf(f)
	if err != nil {
		return nil, err
	}
	if size > maxRecord {
		return nil, fmt.Errorf("%w: %d bytes", errUnreadable, size)
	}
	data, err := readAt(f, 0, size)
	if err != nil {
		return nil, err
	}
	return parse(data)
}

// readResult reads a record with its result.
func readResult(f readFile) (*job.Job, error) {
	size, _, err := sizeOf(f)
	if err != nil {
		return nil, err
	}
	head, at, err := findResult(f, size)
	if err != nil {
		return nil, err
	}
	if head == nil || at == 0 {
		return readAll(f)
	}
	j, err := parse(head)
	if err != nil {
		return nil, err
	}
	data, err := readAt(f, at, size-at)
	if err != nil {
		return nil, err
	}
	data, ok := bytes.CutSuffix(bytes.TrimSpace(data), []byte("}"))
	if data = bytes.TrimSpace(data); !ok || !json.Valid(data) {
		return nil, fmt.Errorf("the result of job %s is damaged: %w", j.ID, errUnreadable)
	}
	if !bytes.Equal(data, []byte("null")) {
		j.ResultData = data
	}
	return j, nil
}

// findResult reads as much of a file as it takes to come to its result: head is the
// record without it and at is where it starts, 0 when head is the whole file. head
// is nil when only the whole file can tell.
func findResult(f readFile, size int64) (head []byte, at int64, err error) {
	for n := int64(firstRead); ; n *= 4 {
		data, err := readAt(f, 0, min(n, size))
		if err != nil {
			return nil, 0, err
		}
		if size <= firstRead {
			return data, 0, nil
		}
		head, at, more := cutResult(data)
		if more && n < size && n < maxHead {
			continue
		}
		if head == nil {
			return nil, 0, nil
		}
		// The end that we write proves that nothing is missing before it.
		tail, err := readAt(f, size-2, 2)
		if err != nil {
			return nil, 0, err
		}
		if string(tail) != "}\n" {
			return nil, 0, nil
		}
		return head, at, nil
	}
}

// cutResult takes the first bytes of a file of ours, which starts with id, status and
// revision and ends with the result, apart: the record without its result, and where
// the result starts. head is nil when the bytes are not the start of such a file, or,
// if more is true, do not reach that far.
func cutResult(data []byte) (head []byte, at int64, more bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, 0, false
	}
	first := []string{"id", "status", "revision"}
	for i := 0; ; i++ {
		end := d.InputOffset()
		key, err := d.Token()
		if err != nil {
			return nil, 0, cut(err)
		}
		if i < len(first) && key != first[i] {
			return nil, 0, false
		}
		if key == "result_data" {
			rest := data[d.InputOffset():]
			value := bytes.TrimLeft(rest, " \t\r\n:")
			if len(value) == 0 {
				return nil, 0, true
			}
			return append(data[:end:end], '}'), int64(len(data) - len(value)), false
		}
		var skip json.RawMessage
		if err := d.Decode(&skip); err != nil {
			return nil, 0, cut(err)
		}
	}
}

// cut tells whether err means that the text ends too early.
func cut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func parse(data []byte) (*job.Job, error) {
	j := new(job.Job)
	if err := j.UnmarshalJSON(data); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return j, nil
}

func readAt(f readFile, at, n int64) ([]byte, error) {
	data := make([]byte, n)
	got, err := f.ReadAt(data, at)
	if int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: the file shrank", errUnreadable)
		}
		return nil, err
	}
	return data, nil
}

// sizeOf is a file's size, which for a record is not 0, and when it was written.
func sizeOf(f readFile) (int64, time.Time, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, time.Time{}, err
	}
	if info.Size() == 0 {
		return 0, time.Time{}, fmt.Errorf("%w: it is empty", errUnreadable)
	}
	return info.Size(), info.ModTime(), nil
}
