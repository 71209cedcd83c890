import base64
import hashlib
import hmac
import time


def verify(secret, headers, body):
    """Tell whether a message is genuine and not older than five minutes."""
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    name, sent = headers["webhook-id"], headers["webhook-timestamp"]
    digest = hmac.new(key, f"{name}.{sent}.".encode() + body, hashlib.sha256).digest()
    want = "v1," + base64.b64encode(digest).decode()
    genuine = any(hmac.compare_digest(want, got) for got in headers["webhook-signature"].split())
    return genuine and abs(time.time() - int(sent)) < 300
