# The job creator of the documentation of remote processing: it makes a job for a file
# on the server, waits for its end by asking for its status, and prints what it gets.
import sys
import time

import requests

api_base_url = sys.argv[1]

payload = {
    'source_file_path': sys.argv[2],
    'content_type': 'audio',
    'task_options': {'webhook_url': 'http://example.com/webhook'},
    'ingestion_task_id': 'task-123'
}
response = requests.post(
    f"{api_base_url}/api/v1/remote-jobs/",
    json=payload,
    timeout=30
)
assert response.status_code == 200, response.text
job_id = response.json().get('job_id')

start_time = time.time()
poll_interval = 1
while time.time() - start_time < 120:
    response = requests.get(
        f"{api_base_url}/api/v1/remote-jobs/{job_id}/status",
        timeout=10
    )
    if response.status_code == 200:
        job_status = response.json()
        status = job_status.get('status')
        if status == 'completed':
            print(response.text)
            sys.exit(0)
        elif status in ['failed', 'timeout', 'cancelled']:
            sys.exit(f"job {status}: {job_status.get('error_message')}")
    time.sleep(poll_interval)
sys.exit("job timed out")
