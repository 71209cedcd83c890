# python3 worker_example.py http://localhost:8000 audio COMMAND...
# COMMAND gets a source on its standard input and prints Markdown.
import json, os, socket, subprocess, sys, threading, time
import requests

SERVER, TYPES, COMMAND = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3:]
JOBS, WORKER = "/api/v1/remote-jobs", socket.gethostname() + "-example"
LEASE = int(os.environ.get("MORAG_WORKER_LEASE", "60"))
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ.get("MORAG_API_KEY", "none")}

def call(method, path, **more):
    try:
        return requests.request(method, SERVER + path, headers=HEADERS, timeout=60, **more)
    except requests.RequestException:
        return requests.Response()  # without a status: nobody answered

def beat(me, job, engine, over):
    while not over.wait(job["lease_seconds"] / 3):
        answer = call("POST", f"{JOBS}/{job['job_id']}/heartbeat", json=me)
        if answer.status_code in (404, 409) or answer.status_code == 200 and answer.json()["cancel"]:
            engine.kill()  # the job is somebody else's, or nobody's

def convert(me, job):
    source = requests.get(SERVER + job["source_file_url"], timeout=60)
    source.raise_for_status()
    pipes, over = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE), threading.Event()
    with subprocess.Popen(COMMAND, **pipes) as engine:
        threading.Thread(target=beat, args=(me, job, engine, over)).start()
        try:
            text, complaint = engine.communicate(source.content, timeout=job["timeout_seconds"])
        finally:
            engine.kill()
            over.set()
    if engine.returncode != 0:
        raise RuntimeError(complaint.decode(errors="replace") or f"exit status {engine.returncode}")
    return text.decode(errors="replace")

def work(job):
    me, began = {"worker_id": WORKER, "attempt": job["attempt"]}, time.monotonic()
    try:
        result = {"success": True, "content": convert(me, job), "processing_time": time.monotonic() - began}
    except Exception as error:
        result = {"success": False, "error_message": str(error)}
    body = json.dumps({**result, **me})  # once: the same bytes again do no harm
    while (answer := call("PUT", f"{JOBS}/{job['job_id']}/result", data=body)).status_code in (None, 500, 502, 503, 504):
        time.sleep(10)
    print(job["job_id"], answer.status_code, answer.text, flush=True)

while True:
    answer = call("GET", JOBS + "/poll", params={"worker_id": WORKER, "content_types": TYPES, "wait": 30, "lease": LEASE})
    if answer.status_code != 200:
        time.sleep(10)  # the server is away, or refuses
        continue
    for job in answer.json()["jobs"]:
        work(job)
