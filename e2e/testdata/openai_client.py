# python3 openai_client.py BASE_URL RECORDING
# With OpenAI's own client, unmodified: searches what holds a document about a heron, and
# has a recording written down in which one is fed.
import os, sys
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key=os.environ.get("MORAG_API_KEY", "none"))

page = client.vector_stores.search("morag", query="who feeds the heron?", max_num_results=2,
                                   ranking_options={"score_threshold": 0.05})
first = page.data[0]
assert "heron" in first.content[0].text and first.content[0].type == "text", first
assert 0 < first.score <= 1 and first.filename and first.file_id == first.attributes["document_id"], first

again = list(client.vector_stores.search("morag", query=["heron"], filters={
    "type": "and", "filters": [{"type": "eq", "key": "document_id", "value": first.file_id}]}))
assert again and all(r.file_id == first.file_id for r in again), again

try:
    client.vector_stores.search("another", query="heron")
    raise SystemExit("another store is there")
except openai.NotFoundError as e:
    assert "morag" in e.message and e.type == "invalid_request_error", e
others = list(client.vector_stores.search("morag", query=["heron"], filters={"type": "or", "filters": [
    {"type": "ne", "key": "document_id", "value": first.file_id}, {"type": "nin", "key": "document_id", "value": [first.file_id]}]}))
assert all(r.file_id != first.file_id for r in others), others
try:
    client.vector_stores.search("morag", query="heron", filters={"type": "like", "key": "a", "value": 1})
    raise SystemExit("like is done")
except openai.UnprocessableEntityError as e:
    assert "like" in e.body["message"], e
assert [m.id for m in client.models.list()] == ["whisper-1"] and client.models.retrieve("whisper-1").object == "model"


def transcribe(**options):
    with open(sys.argv[2], "rb") as sound:
        return client.audio.transcriptions.create(model="whisper-1", file=sound, language="en", prompt="heron", **options)


heard = transcribe()
assert "keeper" in heard.text.lower(), heard
assert transcribe(response_format="text").strip() == heard.text.strip()
assert "-->" in transcribe(response_format="srt") and transcribe(response_format="vtt").startswith("WEBVTT")
verbose = transcribe(response_format="verbose_json", timestamp_granularities=["segment"])
assert verbose.language == "english" and verbose.duration > 1 and verbose.text == heard.text, verbose
assert verbose.segments[0].end > verbose.segments[0].start >= 0 and verbose.segments[0].text, verbose
try:
    client.audio.transcriptions.create(model="whisper-1", file=("note.pdf", b"%PDF-1.7\n"))
    raise SystemExit("a PDF is written down")
except openai.UnprocessableEntityError as e:
    assert "no recording" in e.message, e
print("openai", openai.__version__, "hears", repr(heard.text))
print("openai", openai.__version__, "finds", first.filename)
