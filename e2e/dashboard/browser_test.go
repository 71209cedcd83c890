package dashboard

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.min.js
var axe string

// browser is a window of a headless Chromium.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	troubles []string // of the page: what it has complained of, and what it could not load
}

// open starts a browser until the test ends.
func open(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(name); err == nil {
			path = name
			break
		}
	}
	if path == "" {
		t.Fatal("there is no Chromium: tools/install tests installs it")
	}
	limit, cancel := context.WithTimeout(t.Context(), 4*late)
	t.Cleanup(cancel)
	alloc, stop := chromedp.NewExecAllocator(limit,
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(late),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", true))
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(alloc)
	t.Cleanup(leave)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, log.Enable, struct{}{})
		return err
	}))
	return b
}

// hear notes what goes wrong in a page.
func (b *browser) hear(event any) {
	said := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		said = "exception: " + fmt.Sprint(e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			raw, _ := json.Marshal(e.Args)
			said = "console: " + string(raw)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			said = "log: " + e.Entry.Text + " " + e.Entry.URL
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			said = fmt.Sprintf("%s: %d", e.Response.URL, e.Response.Status)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" { // a stream ends with its page
			said = "not loaded: " + e.ErrorText
		}
	}
	if said != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.troubles = append(b.troubles, said)
	}
}

// well fails the test if the page has complained since it was asked last.
func (b *browser) well(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, trouble := range b.troubles {
		b.t.Errorf("%s: %s", where, trouble)
	}
	b.troubles = nil
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.picture("failed")
		b.t.Fatal(err)
	}
}

// click clicks in one step on what is there, wherever a page that changes has moved it to.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.until("something to click: "+selector, fmt.Sprintf("(e => e && (e.click(), true))(document.querySelector(%q))", selector))
}

// logIn logs in on the page for that, in the operator's name.
func (b *browser) logIn(s *site) {
	b.t.Helper()
	b.until("the login page", "document.querySelector('#key')")
	b.do(chromedp.SendKeys(chromedp.CSS("#key"), s.operator), chromedp.Click(chromedp.CSS(".login button")))
}

// press presses keys one right after the other, however slow the machine is.
func (b *browser) press(keys ...string) {
	b.t.Helper()
	for i, key := range keys {
		keys[i] = fmt.Sprintf("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: %q, bubbles: true, cancelable: true}))", key)
	}
	b.do(chromedp.Evaluate[chromedp.Void](strings.Join(keys, ", ") + ", undefined"))
}

// until waits until an expression is true in the page.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	tick, end := time.NewTicker(20*time.Millisecond), time.After(late)
	defer tick.Stop()
	for {
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && yes {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			b.picture("failed")
			b.t.Fatalf("%s has not come true: %v", what, err)
		}
	}
}

// as sets the width of the window and the colours that the system prefers. Nothing moves, so
// that no colour is caught on its way to another.
func (b *browser) as(width int, scheme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(int64(width), 900), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// accessible fails the test for each fault that axe finds, by all its rules or those that are
// named.
func (b *browser) accessible(where string, rules ...string) {
	b.t.Helper()
	there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("'axe' in window"))
	if err != nil {
		b.t.Fatal(err)
	}
	if !there {
		b.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	options := `{resultTypes: ["violations"]}`
	if len(rules) > 0 {
		options = fmt.Sprintf(`{resultTypes: ["violations"], runOnly: ["%s"]}`, strings.Join(rules, `", "`))
	}
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]byte](`axe.run(document, `+options+`).then(r =>
		r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")))`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	var faults []string
	if err := json.Unmarshal(found, &faults); err != nil {
		b.t.Fatal(err)
	}
	for _, fault := range faults {
		b.t.Errorf("%s: axe: %s", where, fault)
	}
}

// fits fails the test if a page is wider than its window.
func (b *browser) fits(where string) {
	b.t.Helper()
	over, err := chromedp.Run(b.ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
	if err != nil {
		b.t.Fatal(err)
	}
	if over > 0 {
		b.t.Errorf("%s is %d pixels wider than the window", where, over)
	}
}

// picture keeps one of the whole page, where pictures are wanted.
func (b *browser) picture(name string) {
	if *pictures == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(*pictures, strings.ReplaceAll(name, "/", "-")+".png"), shot, 0o644)
	}
	if err != nil {
		b.t.Errorf("a picture of %s: %v", name, err)
	}
}
