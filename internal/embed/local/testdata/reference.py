# python3 reference.py FOLDER < TEXTS.json > VECTORS.json
# What the tests compare with: the tokens of Hugging Face's tokenizers, and BERT by its
# definition in numpy's numbers of 64 bits. TEXTS is a list of texts, VECTORS one of
# {text, tokens, vector}.
import json, math, os, sys
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

folder, texts = sys.argv[1], json.load(sys.stdin)
config = json.load(open(folder + "/config.json"))
weights = {name: w.astype(np.float64) for name, w in load_file(folder + "/model.safetensors").items()}
window = config["max_position_embeddings"]
if os.path.exists(folder + "/sentence_bert_config.json"):
    window = json.load(open(folder + "/sentence_bert_config.json"))["max_seq_length"]
tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(window)


def norm(x, name):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + config["layer_norm_eps"])
    return x * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def embed(tokens):
    n, heads = len(tokens), config["num_attention_heads"]
    size = config["hidden_size"] // heads
    x = norm(weights["embeddings.word_embeddings.weight"][tokens] + weights["embeddings.position_embeddings.weight"][:n]
             + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}."
        query, key, value = (linear(x, at + "attention.self." + part).reshape(n, heads, size).transpose(1, 0, 2)
                             for part in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(size))
        mixed = (scores / scores.sum(-1, keepdims=True) @ value).transpose(1, 0, 2).reshape(n, -1)
        x = norm(x + linear(mixed, at + "attention.output.dense"), at + "attention.output.LayerNorm")
        inner = linear(x, at + "intermediate.dense")
        inner = inner / 2 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        x = norm(x + linear(inner, at + "output.dense"), at + "output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


json.dump([{"text": t, "tokens": ids, "vector": [round(float(v), 7) for v in embed(ids)]}
           for t in texts for ids in [tokenizer.encode(t).ids]], sys.stdout)
