# python3 speech_client.py BASE_URL ENGINE RECORDING=TRUTH…
# Has recordings written down by OpenAI's own client, and tells how many words are wrong, how
# fast it was and, of the process ENGINE_PID, how much it took of a processor. TRUTH is a file
# with what is said.
import os, re, sys, time
import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key=os.environ.get("MORAG_API_KEY", "none"), timeout=7200, max_retries=0)


def words(text):
    return re.sub(r"[^a-z0-9' ]", " ", re.sub(r"\bmr\.", "mister", text.lower().replace("-", " "))).split()


def wrong(truth, heard):
    """Levenshtein's distance in words."""
    row = list(range(len(heard) + 1))
    for i, t in enumerate(truth, 1):
        before, row[0] = row[0], i
        for j, h in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (t != h))
    return row[-1]


def cpu():
    """Seconds that the engine has worked, on all processors together."""
    if not os.environ.get("ENGINE_PID"):
        return None
    fields = open(f"/proc/{os.environ['ENGINE_PID']}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


allwrong = total = 0
for pair in sys.argv[3:]:
    recording, truth = pair.split("=", 1)
    said = words(open(truth).read())
    began, worked = time.monotonic(), cpu()
    with open(recording, "rb") as sound:
        got = client.audio.transcriptions.create(model="whisper-1", file=sound, response_format="verbose_json", timestamp_granularities=["segment", "word"])
    took = time.monotonic() - began
    errors = wrong(said, words(got.text))
    allwrong, total = allwrong + errors, total + len(said)
    timed = got.words or []
    assert all(a.start <= b.start for a, b in zip(timed, timed[1:])) and all(w.end >= w.start for w in timed), timed
    assert not timed or max(w.end for w in timed) <= got.duration + 1, (timed[-1], got.duration)
    print(f"{sys.argv[2]:24} {os.path.basename(recording)[-32:]:32} {got.duration:7.1f} s  {got.language:8} {errors:3} of {len(said):4} words wrong, "
          f"{len(timed):4} with times, {got.duration / took:5.1f} times as fast as it is said"
          + ("" if worked is None else f", {cpu() - worked:5.1f} s of a processor"), flush=True)
print(f"{sys.argv[2]:24} WER {100 * allwrong / max(total, 1):.1f} %", flush=True)
