# python3 openai_client.py BASE_URL
# Searches with OpenAI's own client, unmodified, what holds a document about a heron.
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
try:
    client.vector_stores.search("morag", query="heron", filters={"type": "ne", "key": "a", "value": 1})
    raise SystemExit("ne is done")
except openai.UnprocessableEntityError as e:
    assert "ne" in e.body["message"], e
print("openai", openai.__version__, "finds", first.filename)
