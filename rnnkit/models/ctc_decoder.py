"""From a CTC model's logits to texts: greedy, or a beam with what helps it."""

import dataclasses
import functools

import numpy as np
from keras import ops

from rnnkit.decoding import (
    CTCBeamSearch,
    HotWords,
    Lexicon,
    SymbolNGram,
    ctc_beam_search,
    ctc_greedy,
)

SEPARATORS = (" ", "|")  # between words, the first that the vocabulary has


@dataclasses.dataclass(frozen=True)
class Transcription:
    """What was read, and where.

    Attributes:
        text: The text; with a lexicon its words.
        reading: What the symbols say, without a lexicon the same.
        symbols: The symbols read, a tuple of `str`.
        frames: The first frame of each, a tuple of integers.
        score: Log-probability in nats: of the best path for greedy decoding, of the
            text summed over its paths for a beam, the language model's part added.
            Below -1e29 a beam held no text that ends with a whole word: try a wider.
    """

    text: str
    reading: str
    symbols: tuple
    frames: tuple
    score: float


class CTCDecoder:
    """Reads logits; see `CTCModel.transcribe` for the arguments.

    Raises:
        ValueError: An argument is out of range, or has no effect beside the others.
    """

    def __init__(
        self,
        vocabulary,
        beam_width=None,
        lm=None,
        lexicon=None,
        separator=None,
        hot_words=(),
        hot_weight=2.0,
        skip_blanks=None,
    ):
        for name, words in (("lexicon", lexicon), ("hot_words", hot_words)):
            if isinstance(words, str):
                raise ValueError(f"{name} is a list of texts, got {words!r}.")
        if beam_width is not None and beam_width < 1:
            raise ValueError(f"beam_width must be 1 or more, got {beam_width!r}.")
        helped = lm is not None or lexicon is not None or hot_words
        self.vocabulary = vocabulary
        self.beam_width = beam_width or (100 if helped else None)
        if skip_blanks is not None and not 0 < skip_blanks < 1:
            raise ValueError(f"skip_blanks is a probability, got {skip_blanks!r}.")
        for name, asked, needed, there in (
            ("skip_blanks", skip_blanks is not None, "a beam", self.beam_width),
            ("separator", separator is not None, "a lexicon", lexicon is not None),
            ("hot_weight", hot_weight != 2, "hot_words", hot_words),
        ):
            if asked and not there:
                raise _without_effect(name, needed)
        self.skip_blanks = skip_blanks
        self.lexicon = self.respelt = None
        scorers = []
        names = [vocabulary.decode([i]) for i in range(vocabulary.size)]
        symbols = [*names, None]
        if lexicon is not None:
            spelt = lexicon if isinstance(lexicon, dict) else {w: w for w in lexicon}
            self.respelt = next(
                (w for w, s in spelt.items() if s not in (w, [w])), None
            )
            spelt = {w: _spellings(w, s, vocabulary) for w, s in spelt.items()}
            between = separator_of(vocabulary, separator)
            self.lexicon = Lexicon(spelt, symbols, between, lm)
            scorers.append(self.lexicon)
        elif lm is not None:
            scorers.append(SymbolNGram(lm, symbols))
        if hot_words:
            phrases = [vocabulary.encode(phrase) for phrase in hot_words]
            scorers.append(HotWords(phrases, symbols, hot_weight))
        self.scorers = tuple(scorers)
        self.lm = lm

    def weigh(self, lm_weight=1.0, bonus=0.0):
        """Change what the language model counts; nothing is compiled anew.

        Raises:
            ValueError: There is nothing to weigh.
        """
        weighed = [one for one in self.scorers if hasattr(one, "bonus")]
        if lm_weight != 1 and self.lm is None:
            raise _without_effect("lm_weight", "lm")
        if bonus != 0 and not weighed:
            raise _without_effect("bonus", "lm or a lexicon")
        for scorer in weighed:
            scorer.weight, scorer.bonus = lm_weight, bonus

    @functools.cached_property
    def search(self):
        """The beam search, for what arrives piece by piece.

        Raises:
            ValueError: It is to skip blanks, for which it takes the whole.
        """
        if self.skip_blanks is not None:
            raise ValueError("A stream skips no blanks: leave out skip_blanks.")
        size = self.vocabulary.size
        return CTCBeamSearch(size + 1, self.beam_width, size, self.scorers)

    def ids(self, logits, lengths):
        """The best symbols `(batch, time)`, -1 after the last; frames and scores."""
        blank = self.vocabulary.size
        if self.beam_width is None:
            found = ctc_greedy(logits, lengths, blank)
            return found.symbols, found.starts, found.score
        return _best(
            ctc_beam_search(
                logits,
                lengths,
                self.beam_width,
                blank=blank,
                scorers=self.scorers,
                skip_blanks=self.skip_blanks,
            )
        )

    def __call__(self, logits, lengths):
        """A `Transcription` of each row."""
        return self._transcriptions(self.ids(logits, lengths))

    def read(self, search, beam, final=True):
        """A `Transcription` of each row of a beam, be it at its end or under way."""
        return self._transcriptions(_best(search.read(beam, final=final)))

    def _transcriptions(self, found):
        found = map(ops.convert_to_numpy, found)
        return [self._transcription(*row) for row in zip(*found)]

    def _transcription(self, ids, frames, score):
        ids, frames = ids[ids >= 0], frames[ids >= 0]
        text = reading = self.vocabulary.decode(ids)
        if self.lexicon is not None:
            text = " ".join(self.lexicon.words_of(ids))
        symbols = tuple(self.vocabulary.decode([i]) for i in ids)
        return Transcription(
            text, reading, symbols, tuple(frames.tolist()), float(score)
        )


def _without_effect(name, needed):
    return ValueError(f"{name} has no effect without {needed}: give it, or leave it.")


def _best(paths):
    return paths.symbols[:, 0], paths.frames[:, 0], paths.scores[:, 0]


def separator_of(vocabulary, named=None):
    """The id of the symbol between words; None where there is none.

    Raises:
        ValueError: The one that is named is not in the vocabulary.
    """
    names = [vocabulary.decode([i]) for i in range(vocabulary.size)]
    wanted = SEPARATORS if named is None else (named,)
    for name in wanted:
        if name in names:
            return names.index(name)
    if named is not None:
        raise ValueError(f"separator={named!r} is not in the vocabulary.")
    return None


def _spellings(word, given, vocabulary):
    """One spelling or several, as texts of the vocabulary → lists of ids."""
    given = [given] if isinstance(given, str) else given
    try:
        return [np.asarray(vocabulary.encode(text)).tolist() for text in given]
    except ValueError as error:
        raise ValueError(f"The lexicon's {word!r} cannot be spelt: {error}") from error
