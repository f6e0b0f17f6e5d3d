"""The models that answer: one reads with the question in mind, one is an LSTM."""

import itertools
import re

import keras
import numpy as np
from keras import ops
from query_reduction import QueryReduction, SentenceEncoding

import rnnkit


def words_of(text):
    """Return the words of a sentence, in lower case."""
    return re.findall(r"\w+", text.lower())


class Answerer(keras.Model):
    """Names the answer to a question about a story, out of those it has learnt.

    Args:
        words: The words it knows, a list; their ids begin at 1.
        answers: The answers it knows, a list.
        units: Width of its layers.
        sentences: Of a longer story only the last so many are read.
    """

    def __init__(self, words, answers, units, sentences, **kwargs):
        super().__init__(**kwargs)
        self.words, self.answers = list(words), list(answers)
        self.units, self.sentences = units, sentences
        self._ids = {word: number for number, word in enumerate(self.words, 1)}

    def ids(self, text):
        """Return the ids of a sentence's words.

        Raises:
            ValueError: There is no word, or one that the model does not know.
        """
        words = words_of(text)
        strange = [word for word in words if word not in self._ids]
        if strange:
            raise ValueError(
                f"{strange[0]!r} in {text!r} is none of the {len(self.words)} words "
                f"that the model has learnt: {', '.join(self.words)}."
            )
        if not words:
            raise ValueError(f"There is no word in {text!r}.")
        return [self._ids[word] for word in words]

    def texts(self, story, question):
        """Return the ids of the question, and those of the sentences that are read.

        Raises:
            ValueError: There is no sentence, or as `ids` says.
        """
        if isinstance(story, str) or not story:
            raise ValueError(
                f"A story is a list of sentences, at least one: {story!r}."
            )
        return self.ids(question), [self.ids(one) for one in story[-self.sentences :]]

    def arrays(self, questions):
        """Return what `rnnkit.data.SequenceBatches` takes, an array for each question.

        Args:
            questions: List of `(story, question)`.
        """
        raise NotImplementedError

    def ask(self, story, question):
        """Return the answer, and how probable each answer is, `{answer: share}`.

        Args:
            story: Sentences, a list of `str`.
            question: A `str`.

        Raises:
            ValueError: A word is not known, or there is none; names it.
        """
        logits = self(self.one(story, question), training=False)
        shares = ops.convert_to_numpy(ops.softmax(logits))[0]
        best = dict(zip(self.answers, map(float, shares)))
        return max(best, key=best.get), best

    def one(self, story, question):
        """Return a batch of one question."""
        (x,) = self.arrays([(story, question)])
        return x[None], np.array([len(x)], "int32")

    def get_config(self):
        return {
            **super().get_config(),
            "words": list(self.words),
            "answers": list(self.answers),
            "units": self.units,
            "sentences": self.sentences,
        }


@rnnkit.export
class QueryReductionNetwork(Answerer):
    """Layers of `QueryReduction`; the question that is left at the end is answered.

    All layers but the last read both ways, and the question of the next one is the
    sum of what both found at each sentence. A question is an array `(1 + sentences,
    words)`, the question first.

    Args beside those of `Answerer`:
        layers: How many.
        decay: L2 penalty of the kernels.
    """

    def __init__(self, words, answers, units, sentences, layers, decay=0.0, **kwargs):
        super().__init__(words, answers, units, sentences, **kwargs)
        self.depth, self.decay = layers, decay
        self.encoding = SentenceEncoding(len(self.words) + 1, units)
        self.reading = [
            [
                QueryReduction(units, go_backwards=backwards, decay=decay)
                for backwards in ((False,) if k == layers - 1 else (False, True))
            ]
            for k in range(layers)
        ]
        self.logits = keras.layers.Dense(
            len(self.answers),
            kernel_initializer="lecun_normal",
            kernel_regularizer=keras.regularizers.L2(decay),
        )

    def build(self, input_shape):
        self.encoding.build(None)
        for layer in itertools.chain(*self.reading):
            layer.build()
        self.logits.build((None, self.units))
        self.built = True

    def arrays(self, questions):
        rows = [self.texts(*question) for question in questions]
        width = max(len(one) for first, story in rows for one in (first, *story))
        found = []
        for first, story in rows:
            array = np.zeros((1 + len(story), width), "int32")
            for place, one in enumerate((first, *story)):
                array[place, : len(one)] = one
            found.append(array)
        return found

    def call(self, inputs):
        return self.logits(self.read(inputs)[0])

    def read(self, inputs):
        """Return the last question `(batch, units)`, and where each layer looked.

        The latter is a list of `(batch, sentences)`, the shares that forward reading
        takes from each sentence to the end of the story.
        """
        ids, _ = inputs
        real = ops.any(ids[:, 1:] > 0, axis=-1)
        encoded = self.encoding(ids)
        sentences = encoded[:, 1:]
        questions = ops.broadcast_to(encoded[:, :1], ops.shape(sentences))
        looked = []
        for layers in self.reading:
            found = [layer(sentences, questions, real=real) for layer in layers]
            questions = sum(h for h, _ in found)
            looked.append(found[0][1][:, -1])
        return questions[:, -1], looked

    def looked(self, story, question):
        """Return where each layer looked, `(layers, sentences)`."""
        _, looked = self.read(self.one(story, question))
        return np.concatenate([ops.convert_to_numpy(one) for one in looked])

    def get_config(self):
        return {**super().get_config(), "layers": self.depth, "decay": self.decay}


@rnnkit.export
class StoryLSTM(Answerer):
    """An LSTM over the words of the story and then of the question.

    A question is an array `(words,)`. The answer is read at the last word.

    Args beside those of `Answerer`:
        dropout: Share of the words' features, and of the last state, that is hidden
            in training.

    Reference: [Weston et al., 2015](https://arxiv.org/abs/1502.05698), table 3
    """

    def __init__(self, words, answers, units, sentences, dropout=0.0, **kwargs):
        super().__init__(words, answers, units, sentences, **kwargs)
        self.dropout = dropout
        size = len(self.words) + 1
        self.embedding = keras.layers.Embedding(size, units)
        self.lstm = rnnkit.layers.LSTM(units)
        self.hiding = keras.layers.Dropout(dropout)
        self.logits = keras.layers.Dense(len(self.answers))

    def build(self, input_shape):
        self.embedding.build(None)
        self.lstm.build((None, None, self.units))
        self.logits.build((None, self.units))
        self.built = True

    def arrays(self, questions):
        rows = [self.texts(*question) for question in questions]
        return [
            np.array([*itertools.chain(*story), *first], "int32")
            for first, story in rows
        ]

    def call(self, inputs, training=False):
        ids, _ = inputs
        x = self.hiding(self.embedding(ids), training=training)
        state = self.lstm(x, mask=ids > 0)
        return self.logits(self.hiding(state, training=training))

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}
