// A recording beside what is said in it: what is said lights up, a click jumps, and an address
// with ?t=SECONDS plays from there.
import { onPage } from "./page";

const set = new WeakSet<Element>();

function segments(): { at: number; e: HTMLElement }[] {
  return [...document.querySelectorAll<HTMLElement>("#transcript li[data-from]")].map((e) => ({ at: Number(e.dataset.from), e }));
}

function play(player: HTMLMediaElement, at: number): void {
  const go = () => {
    player.currentTime = at;
    player.play().catch(() => undefined); // a browser may want a click first
  };
  if (player.readyState > 0) go();
  else {
    player.addEventListener("loadedmetadata", go, { once: true });
    player.preload = "auto";
    player.load();
  }
}

const early = 0.05; // seconds: a player that is sent to a time may stop just before it

// The word that is said is marked by a range, which changes nothing of the page. A browser
// that has no such marks lights what is said as a whole, as it does without times of words.
const spoken = typeof Highlight === "undefined" ? undefined : new Highlight();
if (spoken) CSS.highlights.set("spoken", spoken);

// mark marks the word of a segment that is said at a time.
function mark(segment: HTMLElement | undefined, now: number): void {
  spoken?.clear();
  const text = segment?.querySelector<HTMLElement>(".text");
  const node = text?.firstChild;
  if (!spoken || !text?.dataset.words || !(node instanceof Text)) return;
  let from = 0;
  for (const [start, end, word] of JSON.parse(text.dataset.words) as [number, number, string][]) {
    const at = node.data.indexOf(word, from);
    if (at < 0 || start > now) return;
    from = at + word.length;
    if (now >= end) continue;
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, from);
    spoken.add(range);
    return;
  }
}

function light(player: HTMLMediaElement): void {
  let lit: HTMLElement | undefined;
  const follow = document.querySelector<HTMLInputElement>("[data-follow]");
  const show = (scroll: boolean) => {
    const all = segments(); // a correction may have shown them anew
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((all[middle]?.at ?? 0) <= player.currentTime + early) low = middle + 1;
      else high = middle;
    }
    const now = all[low - 1]?.e;
    mark(now, player.currentTime + early);
    if (now === lit && now?.hasAttribute("aria-current")) return;
    lit?.removeAttribute("aria-current");
    lit = now;
    now?.setAttribute("aria-current", "true");
    if (scroll && follow?.checked) now?.scrollIntoView({ block: "nearest" });
  };
  player.addEventListener("timeupdate", () => show(!player.paused));
  const step = () => {
    mark(lit, player.currentTime + early); // timeupdate comes too seldom for words
    if (!player.paused) requestAnimationFrame(step);
  };
  player.addEventListener("play", step);
  player.addEventListener("seeked", () => show(true));
}

type Peaks = { data: number[]; length: number };
const measured = new Map<string, Promise<Peaks | undefined>>();

function measure(at: string): Promise<Peaks | undefined> {
  const known = measured.get(at);
  if (known) return known;
  const asked = fetch(at).then((got) => (got.ok ? (got.json() as Promise<Peaks>) : undefined));
  measured.set(at, asked);
  return asked;
}

async function draw(canvas: HTMLCanvasElement, player: HTMLMediaElement): Promise<void> {
  const peaks = await measure(canvas.dataset.peaks ?? "");
  if (!peaks?.length) return;
  canvas.hidden = false;
  if (set.has(canvas)) return; // a page that is shown anew hides it
  set.add(canvas);
  const paint = () => {
    const wide = (canvas.width = canvas.clientWidth * devicePixelRatio);
    const high = (canvas.height = canvas.clientHeight * devicePixelRatio);
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const style = getComputedStyle(canvas);
    const done = player.duration ? player.currentTime / player.duration : 0;
    const middle = high / 2;
    for (let x = 0; x < wide; x++) {
      const i = Math.min(peaks.length - 1, Math.floor((x / wide) * peaks.length));
      const low = peaks.data[2 * i] ?? 0;
      const top = peaks.data[2 * i + 1] ?? 0;
      pen.fillStyle = x / wide < done ? style.color : style.borderColor;
      const height = Math.max(1, ((top - low) / 256) * high);
      pen.fillRect(x, middle - (top / 128) * middle, 1, height);
    }
  };
  paint();
  player.addEventListener("timeupdate", paint);
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  canvas.addEventListener("click", (e) => {
    if (player.duration) play(player, (e.offsetX / canvas.clientWidth) * player.duration);
  });
}

// inside looks for words in what is said.
function inside(field: HTMLInputElement): void {
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let n = 0;
    let first: Element | undefined;
    for (const { e } of segments()) {
      const has = wanted !== "" && (e.querySelector(".text")?.textContent ?? "").toLowerCase().includes(wanted);
      e.classList.toggle("has", has);
      if (has) {
        n++;
        first ??= e;
      }
    }
    const count = document.querySelector("[data-inside-count]");
    if (count) count.textContent = wanted ? `${n} found` : "";
    first?.scrollIntoView({ block: "center" });
  });
}

export function hearDocuments(): void {
  onPage(() => {
    const field = document.querySelector<HTMLInputElement>("[data-inside]");
    if (field && !set.has(field)) {
      set.add(field);
      inside(field);
    }
    const player = document.querySelector<HTMLMediaElement>("#player");
    const canvas = document.querySelector<HTMLCanvasElement>("canvas[data-peaks]");
    if (player && canvas) draw(canvas, player).catch(() => undefined); // without it the page is whole
    if (!player || set.has(player)) return;
    set.add(player);
    light(player);
    document.querySelector<HTMLSelectElement>("[data-speed]")?.addEventListener("change", (e) => {
      player.playbackRate = Number((e.target as HTMLSelectElement).value);
    });
    const at = new URLSearchParams(location.search).get("t");
    if (at !== null && Number.isFinite(Number(at))) play(player, Number(at));
  });
  document.addEventListener("click", (e) => {
    const at = (e.target as Element).closest<HTMLAnchorElement>("#transcript a.at");
    const player = document.querySelector<HTMLMediaElement>("#player");
    if (!at || !player) return;
    e.preventDefault();
    play(player, Number(at.closest<HTMLElement>("li")?.dataset.from ?? 0));
  });
}
