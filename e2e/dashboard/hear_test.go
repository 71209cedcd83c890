package dashboard

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"morag/internal/wire"
)

// hears is a worker that hears the same in whatever it is given first.
func (s *site) hears(segments string) {
	s.t.Helper()
	var got wire.Poll
	for end := time.Now().Add(late); got.JobID == nil; {
		if time.Now().After(end) {
			s.t.Fatal("no job has come")
		}
		s.callAs(s.worker, "GET", "/api/v1/remote-jobs/poll?worker_id=ear&content_types=audio&wait=30", "", &got)
	}
	s.callAs(s.worker, "PUT", "/api/v1/remote-jobs/"+*got.JobID+"/result", `{"worker_id":"ear","attempt":1,"success":true,"segments":`+segments+`}`, &struct{}{})
}

// drop drops a file on the page that is open.
func (b *browser) drop(name string, content []byte) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const bytes = Uint8Array.from(atob(%q), c => c.charCodeAt(0));
		const data = new DataTransfer();
		data.items.add(new File([bytes], %q));
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
	})()`, base64.StdEncoding.EncodeToString(content), name)))
}

// TestHearing: a recording is dropped on the page and becomes text, a name is corrected, and
// the sentence that is searched for is heard from its hit.
func TestHearing(t *testing.T) {
	s := serve(t)
	b := open(t)
	b.as(1440, "light")
	b.do(chromedp.Navigate(s.url + "/ui"))
	b.logIn(s)
	b.until("the overview after the login", "document.querySelector('#overview')")

	b.do(chromedp.Navigate(s.url + "/ui/upload"))
	b.until("the page of uploads", "document.querySelector('form[data-upload]')")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("input[name=remote]").checked = true, undefined`))
	b.drop("on <tides>.wav", tone(6))
	s.hears(`[{"start":0.5,"end":2,"text":"The tide turns at noon.","speaker":"Speaker_00",` +
		`"words":[{"start":0.5,"end":0.9,"word":"The"},{"start":0.9,"end":1.2,"word":"tide"},{"start":1.2,"end":1.5,"word":"turns"},{"start":1.5,"end":1.6,"word":"at"},{"start":1.6,"end":2,"word":"noon."}]},{"start":3,"end":5.5,"text":"The <b>heron</b> sleeps in the reeds.","speaker":"Speaker_01"}]`)
	b.until("the upload has become a document", "document.querySelector('[data-rows] a')")
	look(b, "upload-done")
	b.do(chromedp.Click(chromedp.CSS("[data-rows] a")))
	b.until("the document", "document.querySelector('#transcript li')")
	b.until("the waveform", "document.querySelector('canvas.wave:not([hidden])')")
	look(b, "document")
	heard, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href"))
	if err != nil {
		t.Fatal(err)
	}

	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.speakers input[value="Speaker_01"]:not([type=hidden])').value = "Ada", undefined`),
		chromedp.Click(chromedp.CSS(".speakers button")))
	b.until("the name is corrected", "document.querySelector('#told')?.textContent.includes('Corrected: 1 segment')")
	b.do(chromedp.Navigate(s.url + "/ui/library"))
	b.until("the library", "document.querySelector('table tbody a')")
	look(b, "library")

	b.do(chromedp.Navigate(s.url + "/ui/search"))
	b.until("the page of searches", "document.querySelector('#q')")
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "sleeping heron"))
	b.until("a hit while one types", "new URLSearchParams(location.search).get('q') === 'sleeping heron' && document.querySelector('.hits a.hit') && document.querySelector('.hits').textContent.includes('Ada')")
	look(b, "search")
	clicked := time.Now()
	b.do(chromedp.Click(chromedp.CSS(".hits a.hit")))
	b.until("the sentence is heard", "(p => p && p.currentTime >= 3 && p.played.length > 0)(document.querySelector('#player'))")
	t.Logf("heard %s after the click", time.Since(clicked).Round(time.Millisecond))
	b.until("the sentence is lit", "document.querySelector('#s-1[aria-current]')")

	// From here on it only jumps: what is lit must not move on while it is looked at.
	b.do(chromedp.Evaluate[chromedp.Void]("(p => { p.pause(); p.play = () => Promise.resolve(); })(document.querySelector('#player')), undefined"))
	b.do(chromedp.Click(chromedp.CSS("#s-0 .at")))
	b.until("a click jumps", "document.querySelector('#s-0[aria-current]')")
	b.until("the word that is said is lit", "[...CSS.highlights.get('spoken')].map(String).join() === 'The'")
	b.do(chromedp.Evaluate[chromedp.Void]("document.querySelector('#player').currentTime = 1.3, undefined"))
	b.until("the next one is lit", "[...CSS.highlights.get('spoken')].map(String).join() === 'turns'")
	b.do(chromedp.Click(chromedp.CSS("#s-0 .pen")))
	b.until("what is said can be changed", "document.querySelector('textarea#text')")
	look(b, "document-edit")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#text").value = "The tide turns at one.", undefined`), chromedp.Click(chromedp.CSS(".edit button")))
	b.until("the old text is kept", "document.querySelector('#s-0 .text')?.textContent === 'The tide turns at one.' && document.querySelector('#s-0 .original')?.textContent.includes('at noon')")

	b.do(chromedp.Navigate(s.url + "/ui/library"))
	b.until("the library again", "document.querySelector('table tbody a')")
	b.drop("note.txt", []byte("Boats come in at dawn.\n"))
	b.until("what was dropped elsewhere is uploaded", "document.querySelector('[data-rows] li')?.textContent.includes('note.txt') && document.querySelector('[data-rows] a')")
	b.do(chromedp.Navigate(s.url+"/ui/library"), chromedp.Evaluate[chromedp.Void](`(() => {
		const data = new DataTransfer();
		data.setData("text/uri-list", "https://example.org/talk");
		document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
	})()`))
	b.until("the address that was dropped", "document.querySelector('input[name=url]')?.value === 'https://example.org/talk'")
	b.do(chromedp.Navigate(heard))
	b.until("the recording again", "document.querySelector('.exports a[href*=\"format=srt\"]')")
	href, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector('.exports a[href*="format=srt"]').getAttribute("href")`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("fetch(%q).then(r => r.text())", href), chromedp.EvalAwaitPromise))
	if err != nil || !strings.Contains(text, "The tide turns at one.") || !strings.Contains(text, "Ada: The") {
		t.Errorf("the subtitles: %v\n%s", err, text)
	}
	b.well("the end")
}
