"""The formulas of the docstrings in NumPy, for one item without masks.

Each takes the layer, for its weights, the queries `(targets, width)` and the memory
`(source, features)`, and gives contexts and weights.
"""

import numpy as np


def named(layer):
    """The weights of a layer by name, float64."""
    return {w.name: np.array(w.value, "float64") for w in layer.weights}


def softmax(e):
    powers = np.exp(e - np.max(e))
    return powers / np.sum(powers)


def read(weights, memory):
    """Contexts of weights."""
    contexts = [sum(a * h for a, h in zip(row, memory)) for row in weights]
    return np.array(contexts), np.array(weights)


def additive_energies(layer, s, memory, more=0.0):
    """e of one query with every step of the memory."""
    w = named(layer)
    v = w["score_kernel"]
    if "gain" in w:
        v = w["gain"] * v / np.linalg.norm(v)
    inside = [
        s @ w["query_kernel"] + h @ w["memory_kernel"] + w["bias"] for h in memory
    ]
    return np.tanh(np.array(inside) + more) @ v


def additive(layer, query, memory):
    rows = [softmax(additive_energies(layer, s, memory)) for s in query]
    return read(rows, memory)


def dot(layer, query, memory):
    gain = named(layer).get("gain", 1.0)
    return read([softmax([gain * (s @ h) for h in memory]) for s in query], memory)


def general(layer, query, memory):
    kernel = named(layer)["kernel"]
    return read([softmax([s @ (h @ kernel) for h in memory]) for s in query], memory)


FORMULAS = {
    "AdditiveAttention": additive,
    "normalized": additive,
    "DotAttention": dot,
    "scaled": dot,
    "GeneralAttention": general,
}
