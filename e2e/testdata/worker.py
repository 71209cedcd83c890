# The worker of the documentation of remote conversion, request by request. Filled in
# are the server's address, the processing function, and what is printed.
import hashlib
import os
import sys

import requests
import time

WORKER_ID = "audio-worker-1"
CONTENT_TYPES = ["audio"]
SERVER_URL = sys.argv[1]


def process_audio_file(content):
    failed = sys.argv[2]
    if not os.path.exists(failed):
        open(failed, "w").close()
        raise RuntimeError("the engine is cold")
    return "A hummingbird was heard.\n\nsha256 " + hashlib.sha256(content).hexdigest()


while True:
    # Poll for available jobs
    response = requests.get(f"{SERVER_URL}/api/v1/remote-jobs/poll", params={
        "worker_id": WORKER_ID,
        "content_types": ",".join(CONTENT_TYPES),
        "max_jobs": 1
    })

    if response.status_code == 200:
        job_data = response.json()

        if job_data.get("job_id"):
            job_id = job_data["job_id"]

            try:
                # Download source file
                file_response = requests.get(f"{SERVER_URL}{job_data['source_file_url']}")

                # Process the file
                result_content = process_audio_file(file_response.content)

                # Submit successful result
                result = {
                    "success": True,
                    "content": result_content,
                    "metadata": {"duration": 120.5},
                    "processing_time": 45.2
                }

                answer = requests.put(f"{SERVER_URL}/api/v1/remote-jobs/{job_id}/result",
                                      json=result)

            except Exception as e:
                # Submit error result
                error_result = {
                    "success": False,
                    "error_message": str(e)
                }

                answer = requests.put(f"{SERVER_URL}/api/v1/remote-jobs/{job_id}/result",
                                      json=error_result)

            print(job_id, answer.status_code, answer.text, flush=True)

    time.sleep(5)  # Poll every 5 seconds
