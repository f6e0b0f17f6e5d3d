"""What is compared: ways to make probabilities of counts, and mixtures of orders."""

import gc
import math
import shutil
import subprocess

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
    """Perplexities of the Kneser-Ney model in kenlm's hands, `{whose: perplexity}`.

    kenlm reads the file of ours, and counts the same text by itself; what of it is not
    installed is left out.

    Args:
        texts: `{part: text}`.
        order: Words in the longest n-grams.
        path: File for the models, taken away in the end.
    """
    found = {}
    if order < 2:  # of which kenlm knows nothing
        return found
    try:
        import kenlm
    except ImportError:
        return found
    try:
        lm.NGram.train(texts["train"], order).save(path)
        found["our ARPA file read by kenlm"] = _read(kenlm, path, texts["test"])
        # To kenlm the text's <unk> is none of its words, to us it is one.
        named = {k: text.replace("<unk>", "<rare>") for k, text in texts.items()}
        if shutil.which("lmplz") and _count(named["train"], order, path):
            found["counted by kenlm"] = _read(kenlm, path, named["test"])
        return found
    finally:
        path.unlink(missing_ok=True)


def _count(text, order, path):
    command = ["lmplz", "-o", str(order), "-S", "1G", "--discount_fallback"]
    command += ["--arpa", str(path), "-T", str(path.parent)]
    told = subprocess.run(command, input=text, capture_output=True, encoding="utf-8")
    if told.returncode:
        print("lmplz failed, and is left out:", *told.stderr.splitlines()[-1:])
    return not told.returncode


def _read(kenlm, path, text):
    model, total, tokens = kenlm.Model(str(path)), 0.0, 0
    for words in lm.sentences_in(text):
        total += model.score(" ".join(words))  # log10, the sentence's end with it
        tokens += len(words) + 1
    return math.exp(-total * math.log(10) / tokens)
