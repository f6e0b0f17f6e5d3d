"""Look at what a language model writes while it learns."""

import keras


class SampleText(keras.callbacks.Callback):
    """Prints a sample at the end of each epoch and keeps it.

    Args:
        prime: text every sample begins with.
        length: number of symbols drawn.
        every: epochs between two samples.
        samples: samples of earlier epochs to go on from, as `samples` holds them.
        on_sample: called with `samples` after each, for instance to store them.
        show: a function from what the model writes to what is shown and kept of it,
            such as `rnnkit.data.detokenized`. None shows it as it is.
        options: passed on to `model.generate`: `temperature`, `top_k`, `top_p`,
            `seed`. The seed is the same each time, so that only the model changes.

    Attributes:
        samples: list of dicts `{"epoch", "text"}`, epochs counted from 1; epoch 0
            is the untrained model.
    """

    def __init__(
        self,
        prime="",
        length=200,
        every=1,
        samples=(),
        on_sample=None,
        show=None,
        **options,
    ):
        super().__init__()
        self.prime, self.length, self.every = prime, length, every
        self.samples = list(samples)
        self.on_sample = on_sample
        self.show = show
        self.options = {"seed": 0, **options}

    def on_epoch_begin(self, epoch, logs=None):
        # The untrained model; or a sample that an interruption swallowed.
        if epoch % self.every == 0 and epoch not in {s["epoch"] for s in self.samples}:
            self._sample(epoch)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            self._sample(epoch + 1)

    def _sample(self, epoch):
        text = self.model.generate(self.prime, length=self.length, **self.options)
        if self.show:
            text = self.show(text)
        # An epoch cut off after its sample is trained again: the sample is replaced.
        self.samples = [s for s in self.samples if s["epoch"] < epoch]
        self.samples.append({"epoch": epoch, "text": text})
        title = f"after epoch {epoch}" if epoch else "before training"
        print(f"\n--- {title} " + "-" * (66 - len(title)))
        print(text)
        print("-" * 71, flush=True)
        if self.on_sample:
            self.on_sample(self.samples)
