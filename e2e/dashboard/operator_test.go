package dashboard

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOperator does what an operator does: sees what happens without loading anything anew,
// cancels and takes that back, drains a worker, makes a key, goes by keyboard and chooses
// colours.
func TestOperator(t *testing.T) {
	s := serve(t)
	s.work("gpu-1")
	plan := filepath.Join(s.dir, "plan.dwg")
	if err := os.WriteFile(plan, []byte("a plan"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := open(t)
	b.as(1440, "light")
	b.do(chromedp.Navigate(s.url + "/ui/jobs"))
	b.logIn(s)
	b.until("the jobs, which were asked for", "document.querySelector('#list .empty')")

	// What comes while the page is open is shown.
	s.job("drawing", plan, "plan-1")
	b.until("a job that has come meanwhile", "document.querySelectorAll('#list tbody tr').length === 1")

	// Many are changed once it was said how many.
	chosen, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(async () => {
		const list = document.querySelector("#list");
		const anew = htmx.ajax("GET", location.pathname, {source: list, target: list, select: "#list", swap: "morph:outerHTML"});
		document.querySelector("[data-all]").click();
		await anew;
		return document.querySelector("[data-chosen]").textContent;
	})()`, chromedp.EvalAwaitPromise))
	if err != nil || chosen != "1 chosen" {
		t.Fatalf("chosen while the list was asked for anew: %q, %v", chosen, err)
	}
	b.click("#list button[value=cancel]")
	b.until("the question", "document.querySelector('h1').textContent === 'Cancel 1 job?'")
	b.click(".confirm button.danger")
	b.until("the outcome", "document.querySelector('#told').textContent.includes('1 job cancelled')")
	b.until("the state", "document.querySelector('#list .state').textContent === 'cancelled'")

	// One is changed where it is, and that taken back.
	b.click("#list tbody a")
	b.until("the job", "document.querySelector('#job')")
	b.click("#job form[action$=retry] button")
	b.until("that it waits", "document.querySelector('#job .state').textContent === 'waiting'")
	b.click("#told form button")
	b.until("that it is cancelled again", "document.querySelector('#job .state').textContent === 'cancelled'")

	b.press("g", "w")
	b.until("the workers, by keyboard", "document.querySelector('h1').textContent === 'Workers'")
	b.until("the worker", "document.querySelector('form[action$=drain] button')")
	b.click("form[action$=drain] button")
	b.until("that it is drained", "document.querySelector('#list .state').textContent === 'drained'")
	b.click("form[action$=resume] button")
	b.until("that it is not any more", "document.querySelector('#list .state').textContent === 'idle'")
	b.do(chromedp.SendKeys(chromedp.CSS("#name"), "gpu-2"))
	b.click("form[action$='workers/key'] button")
	b.until("the command with its key", "document.querySelector('#command').textContent.startsWith('MORAG_API_KEY=morag_')")

	b.press("?")
	b.until("the shortcuts", "document.querySelector('#help').open")
	b.do(chromedp.KeyEvent("\u001b"))
	b.until("that they are closed", "!document.querySelector('#help').open")
	b.click("button[value=dark]")
	b.until("that it is dark", "document.documentElement.dataset.theme === 'dark'")
	b.click("form[action='/ui/logout'] button")
	b.until("the login page again", "document.querySelector('#key')")
	b.well("what an operator does")
}
