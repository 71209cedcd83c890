// Parts of a page that change by themselves. An element with data-live names the events that
// concern it (job, task, worker, stats); when one comes, it asks for itself anew, at most once
// in a second, and not while something in it is being chosen or written. Who may not hear the
// events asks every few seconds. An element with data-stream names a stream of its own, which
// anybody may hear who sees the page.
declare const htmx: { ajax(method: string, path: string, how: object): Promise<void> };

const every = 1000;
const poll = 4000;
const waiting = new Set<string>();
let timer = 0;
let source: EventSource | undefined;

function busy(e: Element): boolean {
  if (e.querySelector('input[type="checkbox"]:checked, details[open] form')) return true;
  const at = document.activeElement;
  return !!at && e.contains(at) && at.matches("input:not([type=checkbox]), select, textarea");
}

// anew puts in what the page has now where the element is. What it is asked by stands in no
// attribute, since links in the element would inherit it.
function anew(e: HTMLElement): void {
  const self = `#${e.id}`;
  void htmx.ajax("GET", location.pathname + location.search, { source: e, target: e, select: self, swap: "morph:outerHTML" });
}

// keepChosen keeps what was chosen or written while the answer was on its way.
function keepChosen(e: Event): void {
  const { target, requestConfig } = (e as CustomEvent<{ target: HTMLElement; requestConfig: { elt: Element } }>).detail;
  if (requestConfig.elt !== target || !target.matches("[data-live], [data-stream]") || !busy(target)) return;
  e.preventDefault();
  heard(target.dataset.live?.split(" ")[0] ?? target.dataset.stream ?? "*");
}

function refresh(): void {
  timer = 0;
  if (document.hidden) return;
  const names = new Set(waiting);
  waiting.clear();
  for (const e of document.querySelectorAll<HTMLElement>("[data-live], [data-stream]")) {
    const wants = [...(e.dataset.live ?? "").split(" "), e.dataset.stream ?? "-"];
    if (!names.has("*") && !wants.some((n) => names.has(n))) continue;
    if (busy(e)) later(names);
    else anew(e);
  }
}

function heard(name: string): void {
  waiting.add(name);
  timer ||= window.setTimeout(refresh, every);
}

// later keeps what an element could not show now.
function later(names: Set<string>): void {
  for (const name of names) heard(name);
}

// one is the stream of the one thing that a page is about.
let one: { at: string; from: EventSource } | undefined;

function watchOne(): void {
  const e = document.querySelector<HTMLElement>("[data-stream]");
  const at = e?.dataset.stream ?? "";
  if (one?.at === at) return;
  one?.from.close();
  one = undefined;
  if (!e || document.hidden) return;
  const from = new EventSource(at);
  one = { at, from };
  from.addEventListener("status", () => heard(at));
  from.addEventListener("end", () => {
    from.close();
    heard(at);
  });
}

function connect(): void {
  watchOne();
  const wanted = document.querySelector("[data-live]");
  const by = document.querySelector<HTMLElement>("[data-live-by]")?.dataset.liveBy;
  if (!wanted || by !== "events" || document.hidden) {
    source?.close();
    source = undefined;
    return;
  }
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource("/api/v1/events");
  // What has come between the page and the first figures, nobody else tells.
  source.addEventListener("stats", () => heard("*"), { once: true });
  for (const name of ["job", "task", "worker", "stats"]) source.addEventListener(name, () => heard(name));
  source.addEventListener("reset", () => heard("*"));
}

export function follow(): void {
  connect();
  document.addEventListener("htmx:afterSettle", connect);
  document.addEventListener("htmx:beforeSwap", keepChosen);
  document.addEventListener("visibilitychange", () => {
    connect();
    if (!document.hidden) heard("*");
  });
  setInterval(() => {
    if (document.querySelector('[data-live-by="poll"]')) heard("*");
  }, poll);
  // A page that is left is not to wait for an answer that never ends.
  addEventListener("pagehide", () => {
    source?.close();
    one?.from.close();
  });
}
