"""One model for every head and size of vocabulary: how long a step is, what it learns.

What takes time is told in processor time, which other programs do not lengthen.
"""

import math
import statistics
import time

import keras
import words

import rnnkit

LAYERS = rnnkit.layers
HEADS = ("full", "sampled", "class-based", "adaptive")


def head_of(name, counts):
    """A head for words that stand `counts` times in the text, `(vocabulary,)`."""
    size = len(counts)
    root = math.isqrt(size)
    if name == "sampled":
        return LAYERS.SampledSoftmax(size, 5 * root, counts, seed=0)
    if name == "class-based":
        return LAYERS.ClassSoftmax(size, LAYERS.frequency_bins(counts, root))
    if name == "adaptive":
        return LAYERS.AdaptiveSoftmax(size, (size // 20, size // 5))
    return LAYERS.FullSoftmax(size)


def read(text, size, steps, config):
    """As `words.read`, as much of a text as so many steps train on."""
    return words.read(text, size, config.batch_size * config.steps * steps + 1)


def learn(name, text, size, steps, config):
    """Train a model with one head; returns a row of the table.

    Args:
        name: full, sampled, class-based, adaptive.
        text: as `words.read` takes it.
        size: words in the vocabulary.
        steps: to train; of Zipf's words only time is told.
    """
    keras.utils.set_random_seed(config.seed)
    tokens, counts, train, test = read(text, size, steps, config)
    vocabulary = rnnkit.data.Tokens(tokens)
    model = rnnkit.models.LanguageModel(
        vocabulary,
        [LAYERS.LSTM(config.units)],
        config.units,
        head=head_of(name, counts),
    )
    streams = rnnkit.data.text_streams(train, None, config.batch_size, config.steps)
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    # Plain gradient descent: it touches only the rows of the words that were seen.
    model.compile(keras.optimizers.SGD(rate, global_clipnorm=0.25))
    clock = StepClock()
    model.fit(streams, verbose=0, callbacks=[clock])
    row = {
        "words": len(tokens),
        "parameters": model.count_params(),
        "milliseconds": 1000 * statistics.median(clock.seconds[2:]),
    }
    if text != "zipf":
        test = test[: config.test_words]
        row["perplexity"] = model.perplexity(test, batch_size=4)
        row["unigram"] = words.unigram_perplexity(train, test[1:], len(tokens))
    return row


class StepClock(keras.callbacks.Callback):
    """Processor seconds of every batch."""

    def __init__(self):
        super().__init__()
        self.seconds = []

    def on_train_batch_begin(self, batch, logs=None):
        self._begun = time.process_time()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds.append(time.process_time() - self._begun)
