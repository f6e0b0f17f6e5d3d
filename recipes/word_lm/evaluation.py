"""What is measured: the network alone, and with what a text itself teaches."""

import numpy as np

import rnnkit

ORDER = 5  # words that the n-gram sees at once
STRETCH = 20  # tokens that dynamic evaluation learns from at once
RATES = (3e-4, 1e-3, 3e-3)
DECAYS = (0.0, 1e-3, 1e-2)


def figures(model, texts, config):
    """Return perplexities of the test text by name, ours and the n-gram's.

    Whatever is chosen, the weights of mixtures, the cache, the rate of dynamic
    evaluation, is chosen on the validation text; the test text is read once with each.
    """
    valid, test = texts["valid"], texts["test"]
    said(f"The {ORDER}-gram counts.")
    ngram = rnnkit.lm.NGram.train(texts["train"], ORDER)
    said("The network looks back, with a cache.")
    cache = rnnkit.models.ContinuousCache.fit(model, valid)
    said(f"  {cache}")
    said("It goes on learning as it reads.")
    look = first_words(valid, config.look)
    models = {
        "perplexity": model,
        f"with the {ORDER}-gram": rnnkit.lm.Mixture.fit([model, ngram], valid),
        "with a cache": cache,
        f"with a cache and the {ORDER}-gram": rnnkit.lm.Mixture.fit(
            [cache, ngram], valid
        ),
        "dynamic evaluation": tuned_dynamic(model, texts["train"], look),
    }
    said("All read the test text.")
    metrics = {name: perplexity(one.score(test)) for name, one in models.items()}
    metrics["validation perplexity"] = perplexity(model.score(valid))
    counted = perplexity(ngram.score(test))
    return metrics, {f"{ORDER}-gram, modified Kneser-Ney": counted}


def tuned_dynamic(model, train, valid):
    """Return the `DynamicEvaluation` of the lowest perplexity on a validation text."""
    streams = rnnkit.data.text_streams(train, model.vocabulary, 1, STRETCH)
    dynamic = rnnkit.models.DynamicEvaluation(model, RATES[0], steps=STRETCH)
    dynamic.gather(streams, batches=500)

    def tried(rate, decay):
        dynamic.learning_rate, dynamic.decay = rate, decay
        found = dynamic.perplexity(valid)
        said(f"  rate {rate:g}, decay {decay:g}: {found:.2f}")
        return found, rate, decay

    found = [tried(rate, DECAYS[0]) for rate in RATES]
    rate = min(found)[1]
    found += [tried(rate, decay) for decay in DECAYS[1:]]
    _, dynamic.learning_rate, dynamic.decay = min(found)
    return dynamic


def first_words(text, words):
    """Return the beginning of a text, whole lines of about so many words."""
    if words is None:
        return text
    lines, count = [], 0
    for line in text.splitlines(keepends=True):
        if count >= words:
            break
        lines.append(line)
        count += len(line.split())
    return "".join(lines)


def perplexity(log_probs):
    """Return exp of the mean of -ln p."""
    return float(np.exp(-np.mean(log_probs)))


def said(words):
    """Tell how far it is, at once."""
    print(words, flush=True)
