// Files are sent in pieces by the protocol tus (1.0), so that a lost connection costs one
// piece, and a page that is opened anew goes on with a file that is chosen again.
import { csrf, onPage } from "./page";

const piece = 8 << 20;
const atOnce = 3;
const tries = 8;

type Row = { file: File; done: number; bar: HTMLProgressElement; text: HTMLElement; state: "waits" | "sends" | "made" | "ended" | "failed" };

const rows: Row[] = [];
let active = 0;

const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
const uploads = () => document.querySelector<HTMLFormElement>("form[data-upload]");
const known = (f: File) => `morag-upload ${f.name} ${f.size} ${f.lastModified}`;

class Refused extends Error {}

function tus(method: string, url: string, headers: Record<string, string>, body?: Blob, progress?: (n: number) => void): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open(method, url);
    x.setRequestHeader("Tus-Resumable", "1.0.0");
    x.setRequestHeader("X-CSRF-Token", csrf());
    for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
    if (progress) x.upload.onprogress = (e) => progress(e.loaded);
    x.onload = () => resolve(x);
    x.onerror = () => reject(new Error("the server cannot be reached"));
    x.send(body ?? null);
  });
}

function detail(text: string, status: number): string {
  try {
    return (JSON.parse(text) as { detail: string }).detail;
  } catch {
    return `the server answers ${status}`;
  }
}

async function send(row: Row): Promise<string> {
  const { file } = row;
  let at = localStorage.getItem(known(file)) ?? "";
  let offset = -1;
  for (let failed = 0; ; ) {
    try {
      if (at && offset < 0) {
        const there = await tus("HEAD", at, {});
        if (there.status === 200) offset = Number(there.getResponseHeader("Upload-Offset"));
        else at = "";
      }
      if (!at) {
        const bytes = new TextEncoder().encode(file.name);
        const name = btoa(String.fromCharCode(...bytes));
        const made = await tus("POST", "/api/v1/uploads", { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${name}` });
        if (made.status !== 201) throw new Refused(detail(made.responseText, made.status));
        at = made.getResponseHeader("Location") ?? "";
        offset = 0;
        localStorage.setItem(known(file), at);
      }
      while (offset < file.size) {
        const sent = await tus(
          "PATCH", at, { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
          file.slice(offset, offset + piece), (n) => show(row, offset + n),
        );
        if (sent.status >= 500 || sent.status === 409 || sent.status === 429) throw new Error(detail(sent.responseText, sent.status));
        if (sent.status !== 204) throw new Refused(detail(sent.responseText, sent.status));
        offset = Number(sent.getResponseHeader("Upload-Offset"));
        failed = 0;
        show(row, offset);
      }
      return at.split("/").pop() ?? "";
    } catch (e) {
      if (e instanceof Refused || ++failed > tries) throw e;
      row.text.textContent = "the connection is lost; it is tried again";
      offset = -1;
      await wait(Math.min(30000, 500 * 2 ** failed));
    }
  }
}

function show(row: Row, sent: number): void {
  row.done = row.file.size ? (0.3 * sent) / row.file.size : 0.3;
  row.bar.value = row.done;
  row.text.textContent = `uploading, ${Math.floor((100 * sent) / Math.max(1, row.file.size))} %`;
  all();
}

function all(): void {
  const bar = document.querySelector<HTMLProgressElement>("[data-total] progress");
  const text = document.querySelector<HTMLElement>("[data-total-text]");
  const over = rows.filter((r) => r.state === "ended" || r.state === "failed").length;
  if (bar) bar.value = rows.reduce((sum, r) => sum + (r.state === "failed" ? 1 : r.done), 0) / Math.max(1, rows.length);
  if (text) text.textContent = `${over} of ${rows.length} done`;
}

function fail(row: Row, why: string): void {
  row.state = "failed";
  row.text.textContent = why;
  row.text.classList.add("bad");
  all();
}

// ingest has an upload become a document, and follows that to its end.
async function ingest(row: Row, id: string): Promise<void> {
  const form = uploads();
  const body = new URLSearchParams({ upload_id: id });
  if (form) for (const [name, value] of new FormData(form)) if (name !== "csrf" && typeof value === "string" && value) body.set(name, value);
  const made = await fetch("/api/v1/ingest/file", { method: "POST", body, headers: { "X-CSRF-Token": csrf() } });
  const said = await made.text();
  if (!made.ok) throw new Refused(detail(said, made.status));
  localStorage.removeItem(known(row.file));
  row.state = "made";
  const task = (JSON.parse(said) as { task_id: string }).task_id;
  const events = new EventSource(`/api/v1/status/${encodeURIComponent(task)}/events`);
  events.addEventListener("status", (e) => {
    const now = JSON.parse((e as MessageEvent<string>).data) as { status: string; stage: string; progress: number; message: string | null; error: string | null; document_id: string | null };
    row.done = 0.3 + 0.7 * now.progress;
    row.bar.value = row.done;
    row.text.textContent = now.message || now.stage.replaceAll("_", " ");
    if (now.status === "SUCCESS") {
      row.state = "ended";
      row.done = row.bar.value = 1;
      const to = document.createElement("a");
      to.href = `/ui/library/${encodeURIComponent(now.document_id ?? "")}`;
      to.textContent = "open it";
      row.text.replaceChildren("done: ", to);
    } else if (now.status === "FAILURE" || now.status === "REVOKED") fail(row, now.error ?? "called off");
    all();
  });
  events.addEventListener("end", () => events.close());
}

async function next(): Promise<void> {
  const row = rows.find((r) => r.state === "waits");
  if (!row || active >= atOnce) return;
  active++;
  row.state = "sends";
  try {
    await ingest(row, await send(row));
  } catch (e) {
    fail(row, e instanceof Error ? e.message : String(e));
  }
  active--;
  void next();
}

function add(file: File): void {
  const list = document.querySelector("[data-rows]");
  document.querySelector("[data-uploads]")?.removeAttribute("hidden");
  const li = document.createElement("li");
  const grow = document.createElement("span");
  grow.className = "grow";
  const name = document.createElement("b");
  name.textContent = file.name;
  const text = document.createElement("small");
  text.textContent = "waiting";
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  grow.append(name, text);
  li.append(grow, bar);
  list?.append(li);
  rows.push({ file, done: 0, bar, text, state: "waits" });
  all();
  void next();
}

async function walk(entry: FileSystemEntry): Promise<void> {
  if (entry.isFile) {
    add(await new Promise<File>((ok, no) => (entry as FileSystemFileEntry).file(ok, no)));
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((ok, no) => reader.readEntries(ok, no));
    if (!some.length) return;
    for (const e of some) if (!e.name.startsWith(".")) await walk(e);
  }
}

// What is dropped on any page is taken by the page of uploads, which opens for it.
const dropped: (FileSystemEntry | File)[] = [];
let address = "";
let own = false; // what is dragged is of this page itself

// takes tells whether what is dragged is for this page: text that is moved between fields is not.
function takes(e: DragEvent): boolean {
  if (own || (e.target as Element).closest?.("input, textarea") || !document.querySelector('#menu a[href="/ui/upload"]')) return false;
  return !!e.dataTransfer?.types.some((t) => t === "Files" || t === "text/uri-list");
}

function takeDropped(): void {
  for (const one of dropped.splice(0)) {
    if (one instanceof File) add(one);
    else void walk(one);
  }
  const field = document.querySelector<HTMLInputElement>('input[name="url"]');
  if (!field || !address) return;
  field.value = address;
  address = "";
  field.focus();
}

export function takeUploads(): void {
  onPage(() => {
    if (uploads()) takeDropped();
    else rows.splice(0, rows.length, ...rows.filter((r) => r.state === "waits" || r.state === "sends"));
  });
  document.addEventListener("change", (e) => {
    const field = e.target as HTMLInputElement;
    if (!field.matches("[data-files]")) return;
    for (const f of field.files ?? []) add(f);
    field.value = "";
  });
  document.addEventListener("dragstart", () => (own = true));
  document.addEventListener("dragend", () => (own = false));
  document.addEventListener("dragover", (e) => {
    if (!takes(e)) return;
    e.preventDefault();
    uploads()?.classList.add("over");
  });
  document.addEventListener("dragleave", () => uploads()?.classList.remove("over"));
  document.addEventListener("drop", (e) => {
    if (!takes(e) || !e.dataTransfer) return;
    e.preventDefault();
    uploads()?.classList.remove("over");
    for (const item of e.dataTransfer.items) {
      const entry = item.webkitGetAsEntry();
      const file = entry ?? item.getAsFile();
      if (file) dropped.push(file);
    }
    if (!dropped.length) address = e.dataTransfer.getData("text/uri-list").split("\n")[0]?.trim() ?? "";
    if (uploads()) takeDropped();
    else document.querySelector<HTMLAnchorElement>('#menu a[href="/ui/upload"]')?.click();
  });
  addEventListener("beforeunload", (e) => {
    if (rows.some((r) => r.state === "sends" || r.state === "waits")) e.preventDefault();
  });
}
