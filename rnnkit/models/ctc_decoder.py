"""From a CTC model's logits to texts: greedy, or a beam with what helps it."""

import dataclasses

import numpy as np
from keras import ops

from rnnkit.decoding import HotWords, Lexicon, SymbolNGram, ctc_beam_search, ctc_greedy

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
    """

    text: str
    reading: str
    symbols: tuple
    frames: tuple
    score: float


class CTCDecoder:
    """Reads logits; see `CTCModel.transcribe` for the arguments."""

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
        helped = lm is not None or lexicon is not None or hot_words
        self.vocabulary = vocabulary
        self.beam_width = beam_width or (100 if helped else None)
        self.skip_blanks = skip_blanks
        self.lexicon, scorers = None, []
        names = [vocabulary.decode([i]) for i in range(vocabulary.size)]
        symbols = [*names, None]
        if lexicon is not None:
            spelt = lexicon if isinstance(lexicon, dict) else {w: w for w in lexicon}
            spelt = {word: _spellings(s, vocabulary) for word, s in spelt.items()}
            between = names.index(separator or _separator(names))
            self.lexicon = Lexicon(spelt, symbols, between, lm)
            scorers.append(self.lexicon)
        elif lm is not None:
            scorers.append(SymbolNGram(lm, symbols))
        if hot_words:
            phrases = [vocabulary.encode(phrase) for phrase in hot_words]
            scorers.append(HotWords(phrases, symbols, hot_weight))
        self.scorers = tuple(scorers)

    def weigh(self, lm_weight=1.0, bonus=0.0):
        """Change what the language model counts; nothing is compiled anew."""
        for scorer in self.scorers:
            if hasattr(scorer, "bonus"):
                scorer.weight, scorer.bonus = lm_weight, bonus

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


def _best(paths):
    return paths.symbols[:, 0], paths.frames[:, 0], paths.scores[:, 0]


def _separator(names):
    for name in SEPARATORS:
        if name in names:
            return name
    raise ValueError(
        f"A lexicon needs a symbol between words: none of {SEPARATORS} is in the "
        "vocabulary, so name it with separator=."
    )


def _spellings(given, vocabulary):
    """One spelling or several, as texts of the vocabulary → lists of ids."""
    given = [given] if isinstance(given, str) else given
    return [np.asarray(vocabulary.encode(text)).tolist() for text in given]
