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


def history(layer, query, memory):
    """Coverage and location."""
    w, seen, rows = named(layer), np.zeros(len(memory)), []
    for s in query:
        if "coverage_kernel" in w:
            more = np.outer(seen, w["coverage_kernel"])
        else:
            filters = w["location_filters"][:, 0]
            left = (len(filters) - 1) // 2
            padded = np.pad(seen, (left, len(filters) - 1 - left))
            f = [padded[u : u + len(filters)] @ filters for u in range(len(memory))]
            more = np.array(f) @ w["location_kernel"]
        rows.append(softmax(additive_energies(layer, s, memory, more)))
        adds = getattr(layer, "cumulative", True)
        seen = seen + rows[-1] if adds else rows[-1]
    return read(rows, memory)


def monotonic(layer, query, memory):
    """Every way of going forward, one after another, with its probability."""
    score, r = layer.attention, float(layer.bias)
    e = np.array([additive_energies(score, s, memory) for s in query]) + r
    p = (e > 0) * 1.0 if layer.hard else 1 / (1 + np.exp(-e))
    weights = np.zeros_like(p)

    def go(t, start, probability):
        if t == len(p):
            return
        for u in range(start, len(memory)):
            weights[t, u] += probability * p[t, u]
            go(t + 1, u, probability * p[t, u])
            probability *= 1 - p[t, u]

    go(0, 0, 1.0)
    return read(weights, memory)


def window(layer, query, memory):
    w, kappa, rows = named(layer), np.zeros(layer.mixtures), []
    for s in query:
        alpha, beta, move = np.exp(s @ w["kernel"] + w["bias"]).reshape(3, -1)
        kappa = kappa + move
        places = np.arange(1, len(memory) + 1)
        rows.append([np.sum(alpha * np.exp(-beta * (kappa - u) ** 2)) for u in places])
    return read(rows, memory)


def multi_head(layer, query, memory):
    w, contexts, means = named(layer), 0, 0

    def of(name, head, width):
        return w[name][:, head * width : (head + 1) * width]

    for head in range(layer.num_heads):
        q, k = (of(n, head, layer.key_dim) for n in ("query_kernel", "key_kernel"))
        v = of("value_kernel", head, layer.value_dim)
        o = w["output_kernel"][head * layer.value_dim : (head + 1) * layer.value_dim]
        scores = (query @ q) @ (memory @ k).T / np.sqrt(layer.key_dim)
        weights = np.array([softmax(e) for e in scores])
        contexts = contexts + weights @ memory @ v @ o
        means = means + weights / layer.num_heads
    return contexts, means


FORMULAS = {
    "AdditiveAttention": additive,
    "normalized": additive,
    "DotAttention": dot,
    "scaled": dot,
    "GeneralAttention": general,
    "CoverageAttention": history,
    "LocationAttention": history,
    "cumulative": history,
    "MonotonicAttention": monotonic,
    "soft": monotonic,
    "MultiHeadAttention": multi_head,
    "WindowAttention": window,
}
