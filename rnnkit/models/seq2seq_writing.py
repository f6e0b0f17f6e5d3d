"""What a sequence-to-sequence model does with a source: it writes, and is asked where
it looked."""

import dataclasses
import numbers
import warnings

import keras
import numpy as np
from keras import ops

from rnnkit.data import SequenceBatches, WordPieceTokenizer
from rnnkit.data.pair_batches import ids_of, listed
from rnnkit.decoding import WuCoverage, beam_search, sample_sequences
from rnnkit.models import encoding
from rnnkit.models.options import frozen
from rnnkit.models.target_limits import (
    check_prefixes,
    greatest,
    limit,
    prefixes,
    twice_and_ten,
)
from rnnkit.ops.tracing import compiled

_KEPT = 8  # searches that stay compiled


@dataclasses.dataclass(frozen=True)
class Written:
    """One target that a model has written.

    Attributes:
        text: The text.
        tokens: Its ids, int32 `(n,)`, the end not among them.
        score: What the search orders by; of what is drawn, ln p.
        log_probs: ln p of each token, and of the end, float32 `(n + 1,)`, or `(n,)`
            where it was cut.
        ended: Whether it ended, or was cut at the greatest length.
        attention: Where each token looked, float32 `(len(log_probs), source)`; None
            of a decoder without attention, and of an encoder that does not make one
            frame of each token.
    """

    text: str
    tokens: np.ndarray
    score: float
    log_probs: np.ndarray
    ended: bool
    attention: np.ndarray | None


class Seq2SeqWriting:
    """`translate`, `sample` and `align` of `Seq2Seq`."""

    def prepare_writing(self):
        """Make what is kept between calls; in `__init__`."""
        self._kept = {}
        self._warned = False

    def translate(
        self,
        sources,
        batch_size=32,
        beam_width=5,
        n_best=None,
        details=False,
        copy_unknown=False,
        max_length=None,
        min_length=0,
        prefix=None,
        **options,
    ):
        """The most probable targets, by beam search.

            model.translate(texts, max_length=lambda lengths: 1.5 * lengths + 5)

        Args:
            sources: Texts, or rows of ids.
            batch_size: Sources at once.
            beam_width: Hypotheses kept in each step; 1 is the greedy search.
            n_best: How many targets of each source to return, in a list; None for the
                best alone.
            details: Whether to return `Written`s, with scores and attention.
            copy_unknown: Whether an unknown token is written as the source's token
                that it looked at most.
            max_length: Tokens after which a target is cut, the end counted: a number;
                or a function of the sources' lengths, float32 `(batch,)`, that gives
                one for each, rounded down. By default twice as many tokens as the
                source has, and ten. A function is compiled once while it is the same.
            min_length: Tokens that a target has at least, likewise.
            prefix: Ids that targets begin with: a row for all, or one for each source;
                -1 where the search is free.
            options: As for `rnnkit.decoding.beam_search`: length_penalty,
                coverage_penalty, early_stopping, processors.

        Returns:
            List of texts in the order of `sources`; of `Written`s with `details`; of
            lists of these with `n_best`.

        Raises:
            ValueError: A source is empty; `copy_unknown` without attention, or of ids;
                a length is neither a number nor a function; `prefix` is not ids, or
                has rows and not one for each source.
        """
        if copy_unknown and not self.aligns:
            raise ValueError("copy_unknown goes by attention to tokens: there is none.")
        best = 1 if n_best is None else n_best
        _check_counts(batch_size=batch_size, beam_width=beam_width, n_best=best)
        if copy_unknown and isinstance(self.source_vocabulary, WordPieceTokenizer):
            raise ValueError(
                "copy_unknown copies tokens as they stand in the source, which "
                "WordPiece's unknown ones do not: take another tokenizer for it."
            )
        sources = listed(sources, "source")
        if copy_unknown and not all(isinstance(one, str) for one in sources):
            raise ValueError("copy_unknown copies words of texts: give texts, not ids.")

        def search(source, lengths, prefix=None):
            return self.search(
                source,
                lengths,
                max_length,
                min_length=min_length,
                prefix=prefix,
                beam_width=beam_width,
                n_best=best,
                **options,
            )

        given = prefixes(prefix, len(sources), max_length)
        at_most = twice_and_ten if max_length is None else max_length

        def more(lengths, items):
            for rows in given:
                check_prefixes(rows[items], lengths, at_most)
            return tuple(rows[items] for rows in given)

        key = ("search", beam_width, n_best, max_length, min_length, len(given))
        key = frozen((*key, options))
        found = self._write(sources, batch_size, key, search, copy_unknown, more)
        if not details:
            found = [[one.text for one in ones] for ones in found]
        return found if n_best else [ones[0] for ones in found]

    def sample(
        self,
        sources,
        count=1,
        temperature=1.0,
        top_k=None,
        top_p=None,
        min_p=None,
        seed=0,
        batch_size=32,
        max_length=None,
        min_length=0,
        prefix=None,
        details=False,
        **options,
    ):
        """Draw targets, token by token.

        Args:
            sources, batch_size, max_length, min_length, prefix, details: As for
                `translate`.
            count: Targets to draw for each source.
            temperature: Divides the logits; 0 takes the most probable token.
            top_k, top_p, min_p: Draw among the most probable tokens only; see
                `rnnkit.decoding.sample_sequences`, which takes `options` too.
            seed: Integer; the same seed draws the same targets.

        Returns:
            List of lists of `count` texts, or of `Written`s.
        """
        _check_counts(batch_size=batch_size, count=count)
        if not temperature >= 0:
            raise ValueError(f"temperature must be 0 or more, got {temperature!r}.")
        sources = listed(sources, "source")
        given = prefixes(prefix, len(sources), max_length)
        at_most = twice_and_ten if max_length is None else max_length

        def draw(source, lengths, noise, prefix=None):
            state, constants = self.begin(source, lengths)
            noise = ops.reshape(noise, (-1, ops.shape(lengths)[0], count))
            return sample_sequences(
                self.next_step,
                state,
                noise,
                start=ops.full_like(lengths, self.target_vocabulary.start),
                end=self.target_vocabulary.end,
                max_length=limit(at_most, lengths, "max_length"),
                min_length=limit(min_length, lengths, "min_length"),
                prefix=prefix,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                min_p=min_p,
                constants=constants,
                **options,
            )

        def more(lengths, items):  # noise of an item's own, whatever stands beside it
            shape = greatest(at_most, int(lengths.max())), count
            drawn = [np.random.default_rng((seed, k)).random(shape) for k in items]
            noise = np.stack(drawn, axis=1).astype("float32")
            for rows in given:
                check_prefixes(rows[items], lengths, at_most)
            return (noise, *(rows[items] for rows in given))

        key = ("draw", count, temperature, top_k, top_p, min_p, max_length, min_length)
        key = frozen((*key, len(given), options))
        found = self._write(sources, batch_size, key, draw, False, more)
        return found if details else [[one.text for one in ones] for ones in found]

    @property
    def aligns(self):
        """Whether the decoder attends to frames that are the source's tokens."""
        return self.attends and self.one_frame_a_token

    def align(self, sources, targets, batch_size=32):
        """Where the decoder looked as it was fed each token of a known target.

        Returns:
            List of float32 arrays `(target tokens and the end, source tokens)`.

        Raises:
            ValueError: The decoder has no attention, or the encoder makes fewer
                frames than there are tokens.
        """
        if not self.aligns:
            raise ValueError(
                f"The decoder, {self.decoder.name}, has no attention to single tokens."
            )
        batches = self._all_pairs(sources, targets, batch_size)
        look = self._compiled("align", self._look)
        found = [None] * len(batches.inputs)
        for number, (x, _) in enumerate(batches):
            weights = ops.convert_to_numpy(look(*x))
            for row, item in enumerate(batches.items(number)):
                length = len(batches.labels[item])
                found[item] = weights[row, :length, : batches.lengths[item]]
        return found

    def search(self, source, lengths, max_length=None, min_length=0, **options):
        """Beam search over source ids `(batch, source)` of lengths `(batch,)`.

        A function of tensors; see `translate`. Returns `rnnkit.decoding.Hypotheses`.
        """
        state, constants = self.begin(source, lengths)
        penalty = options.get("coverage_penalty")
        if isinstance(penalty, WuCoverage) and self.attends and penalty.mask is None:
            penalty = dataclasses.replace(penalty, mask=constants["mask"])
            options["coverage_penalty"] = penalty
        max_length = twice_and_ten if max_length is None else max_length
        return beam_search(
            self.next_step,
            state,
            start=ops.full_like(lengths, self.target_vocabulary.start),
            end=self.target_vocabulary.end,
            max_length=limit(max_length, lengths, "max_length"),
            min_length=limit(min_length, lengths, "min_length"),
            size=greatest(max_length, ops.shape(source)[1]),
            constants=constants,
            **options,
        )

    def _look(self, source, lengths, target):
        memory, mask, states = self.encode(source, lengths)
        _, weights, *_ = self.decoder(
            self.target_embedding(self.fed(target)),
            memory,
            initial_state=states,
            memory_mask=mask,
            return_attention_scores=True,
        )
        return self.in_order(weights, lengths)

    def in_order(self, weights, lengths):
        """Attention `(batch, ..., source)` by the places of the source as it was."""
        if self.reverse is None:
            return weights
        last = len(weights.shape) - 1
        order = (0, last, *range(1, last))
        mask = encoding.mask_of(ops.swapaxes(weights, 1, last), lengths)
        turned = self.reverse(ops.transpose(weights, order), mask=mask)
        return ops.transpose(turned, (0, *range(2, last + 1), 1))

    def _write(self, sources, batch_size, key, function, copy, more):
        """`Written`s of every source, a list each.

        `more` gives of a batch's lengths and places what `function` gets beside them.
        """
        rows = ids_of(sources, self.source_vocabulary, "source")
        sources = list(sources)
        if not rows:
            return []
        batches = SequenceBatches(rows, batch_size=batch_size, buckets=4, strict=True)
        self._warn_of_length(int(batches.lengths.max()))
        run = self._compiled(key, function)
        found = [None] * len(rows)
        for number, ((source, lengths),) in enumerate(batches):
            result = run(source, lengths, *more(lengths, batches.items(number)))
            result.check()
            attention = result.attention
            if self.aligns:
                attention = self.in_order(attention, lengths)
            result = keras.tree.map_structure(
                ops.convert_to_numpy, result._replace(attention=attention)
            )
            count = result.tokens.shape[1]
            tokens = [
                result.tokens[row, k, : result.lengths[row, k] - result.ended[row, k]]
                for row in range(len(lengths))
                for k in range(count)
            ]
            texts = self.target_vocabulary.decode_all(tokens)
            for row, item in enumerate(batches.items(number)):
                words = sources[item] if copy else None
                found[item] = [
                    self._written(result, row, k, lengths[row], words, *both)
                    for k, both in enumerate(
                        list(zip(tokens, texts))[row * count : (row + 1) * count]
                    )
                ]
        return found

    def _written(self, result, row, k, length, words, tokens, text):
        count = int(result.lengths[row, k])
        ended = bool(result.ended[row, k])
        attention = None
        if self.aligns:
            attention = result.attention[row, k, :count, :length]
        vocabulary = self.target_vocabulary
        if words is not None and (tokens == vocabulary.unknown).any():
            seen = self.source_vocabulary.tokenize(words)
            names = [
                seen[attention[t].argmax()]
                if token == vocabulary.unknown
                else vocabulary.tokens[token - vocabulary.end - 1]
                for t, token in enumerate(tokens)
                if token == vocabulary.unknown or token > vocabulary.end
            ]
            text = vocabulary.join(names)
        return Written(
            text,
            tokens,
            float(result.scores[row, k]),
            result.log_probs[row, k, :count],
            ended,
            attention,
        )

    def _compiled(self, key, function):
        """What was compiled for these options is kept, of the last few."""
        if key not in self._kept:
            for oldest in list(self._kept)[: 1 - _KEPT]:
                del self._kept[oldest]
            self._kept[key] = compiled(function)
        return self._kept[key]

    def _warn_of_length(self, longest):
        known = self.longest_source()
        if known and longest > known and not self._warned:
            self._warned = True
            warnings.warn(
                f"A source has {longest} tokens; the longest that {self.name} was "
                f"trained on had {known}. Longer ones are often translated badly.",
                stacklevel=4,
            )


def _check_counts(**counts):
    for name, count in counts.items():
        if not isinstance(count, numbers.Integral) or count < 1:
            raise ValueError(f"{name} must be an integer of 1 or more, got {count!r}.")
