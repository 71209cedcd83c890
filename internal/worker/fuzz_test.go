package worker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"morag/internal/wire"
)

// checkClaim is what must hold of any claim that is taken up.
func checkClaim(t *testing.T, c claim) {
	t.Helper()
	name := c.folder()
	if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\.:`) || filepath.Base(name) != name || !folderName.MatchString(name) && c.Attempt < 1e10 {
		t.Errorf("folder %q", name)
	}
	if c.timeout() <= 0 || c.timeout() > maxTimeout || pace(c.Lease) < time.Second || pace(c.Lease) > maxLease {
		t.Errorf("timeout %d, lease %d", c.Timeout, c.Lease)
	}
	if c.Size < 0 || c.SHA256 != "" && len(c.SHA256) != 64 || len(c.Name) > maxName || !utf8.ValidString(c.Name) {
		t.Errorf("source %q %d %q", c.Name, c.Size, c.SHA256)
	}
	optionsOf(c.Options)
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > maxClaim {
		t.Fatalf("%d bytes of job.json", len(data))
	}
	again, err := readClaim(data)
	if err != nil || again.folder() != name {
		t.Errorf("job.json is not read back: %v", err)
	}
}

func FuzzPollAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"job_id":null,"jobs":[]}`,
		`{"job_id":"j1","source_file_url":"/api/v1/remote-jobs/j1/download","content_type":"audio","task_options":{"language":"de"}}`,
		`{"job_id":"j1","jobs":[{"job_id":"j1","source_file_url":"/x?token=y","content_type":"audio","task_options":{},"attempt":1,"timeout_at":"2024-01-01T00:00:00Z","timeout_seconds":3600,"lease_expires_at":null,"lease_seconds":60,"source_name":"a.mp3","source_size":5,"source_sha256":"` + strings.Repeat("a", 64) + `"},{"job_id":"j2"}]}`,
		`{"jobs":[{"job_id":"../../x","content_type":"audio"},{"job_id":"a","content_type":"A"},{"job_id":"a","content_type":"a","attempt":-1}]}`,
		`{"job_id":"a","content_type":"a","timeout_seconds":-9223372036854775808,"lease_seconds":9223372036854775807,"source_size":-1,"source_name":"\u0000/../ä"}`,
		`{"job_id":"","jobs":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p wire.Poll
		if json.Unmarshal(data, &p) != nil {
			return
		}
		good, bad := claims(p, "w1", time.Unix(0, 0))
		if len(good)+len(bad) > maxPoll {
			t.Errorf("%d jobs of one poll", len(good)+len(bad))
		}
		for _, c := range good {
			checkClaim(t, c)
		}
	})
}

func TestPollAnswerIsReadToItsLimit(t *testing.T) {
	t.Parallel()
	jobs := make([]wire.Job, 3*maxPoll)
	good, bad := claims(wire.Poll{Jobs: jobs}, "w1", time.Now())
	if len(good) != 0 || len(bad) != maxPoll {
		t.Errorf("%d good and %d bad jobs read", len(good), len(bad))
	}
}

func FuzzJobFile(f *testing.F) {
	for _, seed := range []string{
		`{"job_id":"j1","attempt":1,"worker_id":"w1","content_type":"audio","source_file_url":"/x","task_options":{"a":1},"timeout_seconds":60,"lease_seconds":60,"etag":"\"v1\"","received_at":"2024-01-01T00:00:00Z"}`,
		`{"job_id":"..","worker_id":"w","content_type":"audio"}`,
		`{"job_id":"j","worker_id":"w","content_type":"audio","etag":"a\nb","received_at":"9999-12-31T23:59:59Z"}`,
		`{}`, `[]`, ``, `{"job_id":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := readClaim(data); err == nil {
			if strings.ContainsAny(c.ETag, "\r\n") {
				t.Errorf("ETag %q", c.ETag)
			}
			checkClaim(t, c)
		}
	})
}

func TestFreeSpaceIsKnown(t *testing.T) {
	t.Parallel()
	if n, err := freeSpace(os.TempDir()); err != nil || n <= 0 {
		t.Errorf("freeSpace = %d, %v", n, err)
	}
	if _, err := freeSpace(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("free space of nothing")
	}
}

func TestDownloadsShareTheDisk(t *testing.T) {
	t.Parallel()
	d := newDisk("", func(string) (int64, error) { return reserve + 100, nil })
	first, err := d.promise(60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.promise(60); err == nil {
		t.Error("the same bytes were promised twice")
	}
	first(30)
	second, err := d.promise(60)
	if err != nil {
		t.Error(err)
	}
	first(0)
	first(0)
	second(0)
	if room, _ := d.room(); room != 100 {
		t.Errorf("room = %d after all is given back", room)
	}
}
