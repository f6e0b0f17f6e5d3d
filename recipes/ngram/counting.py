"""What is compared: ways to make probabilities of counts, and mixtures of orders."""

import gc
import math

from rnnkit import lm

ADD_ONE, MIXED_ADD_ONE = "add-one", "add-one, orders mixed"
ABSOLUTE, MIXED = "absolute discounting", "Kneser-Ney, orders mixed"
KNESER_NEY = "modified Kneser-Ney"
COLUMNS = (ADD_ONE, MIXED_ADD_ONE, ABSOLUTE, MIXED, KNESER_NEY)


def train(column, order, text):
    """The model of a column, of one order."""
    if column in (ADD_ONE, MIXED_ADD_ONE):
        return lm.AddOne.train(text, order)
    smoothing = "absolute" if column == ABSOLUTE else "kneser_ney"
    return lm.NGram.train(text, order, smoothing=smoothing)


def perplexities(column, order, texts):
    """Perplexity of the test text by order.

    A mixture of order n is of the models of orders 1 to n, with the weights that the
    validation text likes best.

    Returns:
        `{"order n": perplexity}`; and of the longest mixture the weights, by the same
        names, empty where there is none.
    """
    mixed = column in (MIXED_ADD_ONE, MIXED)
    found, weights, models = {}, {}, []
    for n in range(1, order + 1):
        model = train(column, n, texts["train"])
        if mixed:
            models.append(model)
            model = lm.Interpolated.fit(models, lm.sentences_in(texts["valid"]))
            weights = {f"order {k}": float(w) for k, w in enumerate(model.weights, 1)}
        found[f"order {n}"] = model.perplexity(texts["test"])
        del model
        gc.collect()
    return found, weights


def by_kenlm(texts, order, path):
    """Perplexity of the Kneser-Ney model as kenlm reads its file; None without it."""
    try:
        import kenlm
    except ImportError:
        return None
    lm.NGram.train(texts["train"], order).save(path)
    try:
        other, total, tokens = kenlm.Model(str(path)), 0.0, 0
        for words in lm.sentences_in(texts["test"]):
            total += other.score(" ".join(words))  # log10, the sentence's end with it
            tokens += len(words) + 1
        return math.exp(-total * math.log(10) / tokens)
    finally:
        path.unlink()
