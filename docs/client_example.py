# python3 client_example.py FILE QUESTION...
# Has a file ingested, waits until it is searchable, and asks a question.
import os, sys, time
import requests

SERVER = os.environ.get("MORAG_API_BASE_URL", "http://localhost:8000")
KEY = {"X-API-Key": os.environ.get("MORAG_API_KEY", "none")}

def call(method, path, **more):
    while True:
        answer = requests.request(method, SERVER + path, headers=KEY, timeout=300, **more)
        if answer.status_code not in (429, 503):
            break
        time.sleep(int(answer.headers.get("Retry-After", "5")))
    if not answer.ok:
        sys.exit(f"{path}: {answer.status_code}: {answer.json()['detail']}")
    return answer.json()

path, question = sys.argv[1], " ".join(sys.argv[2:])
with open(path, "rb") as file:
    queued = call("POST", "/api/v1/ingest/file", files={"file": (os.path.basename(path), file.read())})
while True:
    task = call("GET", "/api/v1/status/" + queued["task_id"])
    if task["status"] in ("SUCCESS", "FAILURE", "REVOKED"):
        break
    print(f"{task['progress']:.0%} {task['stage']}: {task['message'] or ''}", file=sys.stderr)
    time.sleep(1)
for warning in task["warnings"]:
    print("warning:", warning, file=sys.stderr)
if task["status"] != "SUCCESS":
    sys.exit(f"{task['status']}: {task['error']}")
result = task["result"]
print(f"document {result['document_id']}: {result['content_length']} characters in {result['chunks_stored']} chunks")

found = call("POST", "/api/v1/search", json={"query": question, "limit": 3})
for hit in found["results"]:
    where = f"at {hit['start']:.0f} s" if "start" in hit else f"on page {hit['page']}" if "page" in hit else ""
    print(f"{hit['document']['name']} {where}: {hit['snippet']}")
