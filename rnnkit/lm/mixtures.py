"""Models of unlike kinds as one: of each, what it gave to the same tokens."""

import numpy as np


def mixture_weights(log_probs, steps=1000, tolerance=1e-7):
    """The shares under which held-out tokens are most probable.

        w_k ← mean over tokens of  w_k p_k / Σ_j w_j p_j

    from equal shares on: expectation and maximisation. The mixture is then
    `mixed_log_probs(log_probs of another text, weights)`.

    Args:
        log_probs: ln p of the same n tokens from each model, nats `(models, n)`.
        steps: The most iterations.
        tolerance: It ends when no share changes by more.

    Returns:
        Shares `(models,)`, which sum to 1.

    Raises:
        ValueError: No model thinks any token possible.

    Reference: Jelinek and Mercer, 1980, Interpolated estimation of Markov source
    parameters from sparse data
    """
    p = np.exp(np.asarray(log_probs, "float64")).T
    p = p[p.any(axis=1)]  # what no model thinks possible asks for no weights
    if not len(p):
        raise ValueError("No model thinks any word of these sentences possible.")
    weights = np.full(p.shape[1], 1 / p.shape[1])
    for _ in range(steps):
        shares = p * weights
        new = (shares / shares.sum(1, keepdims=True)).mean(0)
        done = np.abs(new - weights).max() <= tolerance
        weights = new
        if done:
            break
    return weights


def mixed_log_probs(log_probs, weights):
    """ln Σ_k w_k p_k of each token, nats `(n,)`, of `(models, n)`."""
    with np.errstate(divide="ignore"):
        logs = np.asarray(log_probs, "float64") + np.log(weights)[:, None]
    return np.logaddexp.reduce(logs, axis=0)
