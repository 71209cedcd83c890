# python3 whisper_worker.py http://localhost:8000 MODEL
# Writes recordings down by faster-whisper (pip install faster-whisper requests): MODEL is
# base, large-v3, … or a folder. On a GPU: WHISPER_DEVICE=cuda WHISPER_TYPE=float16.
import json, os, socket, sys, tempfile, threading, time
import requests
from faster_whisper import WhisperModel

SERVER, MODEL = sys.argv[1].rstrip("/"), sys.argv[2]
JOBS, WORKER = "/api/v1/remote-jobs", socket.gethostname() + "-whisper"
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ.get("MORAG_API_KEY", "none")}
WHISPER = WhisperModel(MODEL, device=os.environ.get("WHISPER_DEVICE", "cpu"), compute_type=os.environ.get("WHISPER_TYPE", "int8"))

def call(method, path, **more):
    try:
        return requests.request(method, SERVER + path, headers=HEADERS, timeout=60, **more)
    except requests.RequestException:
        return requests.Response()  # without a status: nobody answered

class Beat(threading.Thread):
    """Says that the job is worked on and how far it is, and hears that it is not wanted any more."""
    def __init__(self, me, job):
        super().__init__(daemon=True)
        self.me, self.job, self.done, self.lost, self.over = me, job, 0.0, False, threading.Event()

    def run(self):
        while not self.over.wait(self.job["lease_seconds"] / 3):
            answer = call("POST", f"{JOBS}/{self.job['job_id']}/heartbeat", json={**self.me, "progress": self.done, "message": "listening"})
            self.lost = answer.status_code in (404, 409) or answer.status_code == 200 and answer.json()["cancel"]

def fetch(job, to):
    with requests.get(SERVER + job["source_file_url"], timeout=60, stream=True) as source:
        source.raise_for_status()
        for piece in source.iter_content(1 << 20):
            to.write(piece)
    to.flush()

def listen(job, beat):
    wish = job["task_options"] or {}
    with tempfile.NamedTemporaryFile() as recording:
        fetch(job, recording)
        heard, about = WHISPER.transcribe(recording.name, language=(wish.get("language") or "")[:2] or None,
                                          initial_prompt=wish.get("prompt"), word_timestamps=True)
        segments = []
        for s in heard:  # as it is heard, piece by piece
            if beat.lost:
                return None
            beat.done = min(s.end / max(about.duration, 0.01), 1.0)
            segments.append({"start": s.start, "end": s.end, "text": s.text.strip(), "confidence": min(2.718 ** s.avg_logprob, 1.0),
                             "words": [{"start": float(w.start), "end": float(w.end), "word": w.word.strip()} for w in s.words or []]})
    return {"segments": segments, "metadata": {"language": about.language, "duration": about.duration, "engine": "faster-whisper " + os.path.basename(MODEL)}}

def work(job):
    me, began = {"worker_id": WORKER, "attempt": job["attempt"]}, time.monotonic()
    beat = Beat(me, job)
    beat.start()
    try:
        result = listen(job, beat)
        if result is None:
            return  # it is somebody else's, or nobody's
        result = {"success": True, **result, "processing_time": time.monotonic() - began}
    except Exception as error:
        result = {"success": False, "error_message": str(error)}
    finally:
        beat.over.set()
    body = json.dumps({**result, **me})  # once: the same bytes again do no harm
    while (answer := call("PUT", f"{JOBS}/{job['job_id']}/result", data=body)).status_code in (None, 500, 502, 503, 504):
        time.sleep(10)
    print(job["job_id"], answer.status_code, answer.text, flush=True)

while True:
    answer = call("GET", JOBS + "/poll", params={"worker_id": WORKER, "content_types": "audio,video", "wait": 30, "lease": 60})
    if answer.status_code != 200:
        time.sleep(10)  # the server is away, or refuses
        continue
    for job in answer.json()["jobs"]:
        work(job)
