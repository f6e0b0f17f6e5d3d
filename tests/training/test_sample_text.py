import keras
import numpy as np

from rnnkit.training import SampleText


class Parrot(keras.Sequential):
    """Says how often it was asked."""

    asked = 0

    def generate(self, prime, length, **options):
        self.asked += 1
        self.options = options
        return (prime + str(self.asked) * length)[: len(prime) + length]


def train(callback, epochs, initial_epoch=0):
    model = Parrot([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(
        np.ones((4, 1)),
        np.ones((4, 1)),
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=[callback],
        verbose=0,
    )
    return model


def test_samples_before_and_after_each_epoch(capsys):
    stored = []
    callback = SampleText(
        "def ",
        3,
        on_sample=lambda samples: stored.append(len(samples)),
        temperature=0.8,
    )
    model = train(callback, 2)
    assert callback.samples == [
        {"epoch": 0, "text": "def 111"},
        {"epoch": 1, "text": "def 222"},
        {"epoch": 2, "text": "def 333"},
    ]
    assert stored == [1, 2, 3]
    assert model.options == {"seed": 0, "temperature": 0.8}
    printed = capsys.readouterr().out
    assert printed.index("before training") < printed.index("def 111")
    assert "after epoch 2" in printed


def test_what_is_shown_is_what_is_kept(capsys):
    callback = SampleText("a , ", 1, show=lambda text: text.replace(" ,", ","))
    train(callback, 1)
    assert [sample["text"] for sample in callback.samples] == ["a, 1", "a, 2"]
    assert "\na, 2\n" in capsys.readouterr().out


def test_every():
    callback = SampleText(every=2)
    train(callback, 5)
    assert [sample["epoch"] for sample in callback.samples] == [0, 2, 4]


def test_goes_on_from_earlier_samples():
    earlier = [{"epoch": 0, "text": "a"}, {"epoch": 1, "text": "b"}]
    callback = SampleText(length=1, samples=earlier)
    train(callback, 3, initial_epoch=2)  # the sample of epoch 2 was lost
    assert [sample["epoch"] for sample in callback.samples] == [0, 1, 2, 3]
