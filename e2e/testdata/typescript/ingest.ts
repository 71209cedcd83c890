// Has a file converted by a worker and stored, waits for the end, and searches for what it
// says: node ingest.js SERVER FILE QUERY. It prints what it found as JSON.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./morag.js";

type Task = components["schemas"]["Task"];

const [server, file, query] = process.argv.slice(2);
if (!server || !file || !query) throw new Error("usage: node ingest.js SERVER FILE QUERY");
const morag = createClient<paths>({ baseUrl: server });

const source = new Blob([new Uint8Array(await readFile(file))]);
const queued = await morag.POST("/api/v1/ingest/file", {
  params: { header: { "Idempotency-Key": "typescript" } },
  body: { file, remote: true, fallback_to_local: false, metadata: JSON.stringify({ client: "typescript" }) },
  bodySerializer({ file, ...options }) {
    const form = new FormData();
    for (const [name, value] of Object.entries(options)) form.append(name, String(value));
    form.append("file", source, basename(file));
    return form;
  },
});
if (!queued.data) throw new Error(queued.error.detail);

async function status(id: string): Promise<Task> {
  const { data, error } = await morag.GET("/api/v1/status/{id}", { params: { path: { id } } });
  if (!data) throw new Error(error.detail);
  return data;
}

let task = await status(queued.data.task_id);
while (task.status === "PENDING" || task.status === "PROGRESS") {
  await sleep(200);
  task = await status(task.task_id);
}
if (task.status !== "SUCCESS" || !task.result || !("chunks_stored" in task.result)) {
  throw new Error(`the task is ${task.status}: ${task.error}`);
}

const found = await morag.POST("/api/v1/search", { body: { query, filters: { client: "typescript" } } });
if (!found.data) throw new Error(found.error.detail);

// What is refused is typed, too.
const refused = await morag.POST("/api/v1/tasks/{id}/retry", { params: { path: { id: task.task_id } } });

console.log(
  JSON.stringify({
    method: task.result.processing_method,
    chunks: task.result.chunks_stored,
    document: task.document_id,
    found: found.data.results.map((hit) => hit.document_id),
    refused: refused.error?.detail,
  }),
);
