# The upload of the documentation of remote conversion. Filled in are the server's
# address, the file's, and that the answer is printed.
import sys

import requests
import json

files = {'file': open(sys.argv[2], 'rb')}
data = {
    'request_data': json.dumps({
        'mode': 'ingest',
        'source_type': 'file',
        'content_type': 'audio',
        'webhook_config': {
            'url': 'http://my-app.com/webhook'
        },
        'metadata': {
            'remote': True  # Enable remote processing
        }
    })
}

response = requests.post(sys.argv[1] + '/api/v1/process',
                        files=files, data=data)
print(response.text)
response.raise_for_status()
