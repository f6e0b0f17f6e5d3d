"""What a CTC model does with what it reads: transcripts, alignments, streams."""

import numpy as np
from keras import ops

from rnnkit.data import SequenceBatches
from rnnkit.decoding import forced_align
from rnnkit.models.ctc_decoder import CTCDecoder
from rnnkit.models.ctc_stream import CTCStream
from rnnkit.models.options import frozen


class CTCReading:
    """`transcribe`, `align` and `stream` of `CTCModel`."""

    def transcribe(self, x, batch_size=32, details=False, *, strict=False, **decoding):
        """Read sequences.

        Args:
            x: Sequences as for `fit`.
            batch_size: Sequences read at once.
            details: Whether to return `Transcription`s, with scores and frames.
            strict: Whether a bad sequence is an error; otherwise a warning names it,
                and None stands in the place of its text.
            beam_width: Prefixes kept after each frame. None reads the best symbol of
                each frame, unless there is a language model, a lexicon or hot words;
                then 100.
            lm: An `rnnkit.lm.NGram`, over words with a lexicon, else over symbols.
            lm_weight: Factor of its log-probabilities.
            bonus: Nats added for each word (without a lexicon: symbol), against the
                language model's taste for short texts.
            lexicon: The only words there are: a list, or a dict from words to how
                they are spelt in the vocabulary's symbols, one text or several.
            separator: The symbol between words; by default " " or "|", and where the
                vocabulary has neither a text is a single word.
            hot_words: Texts to expect.
            hot_weight: Nats for each of their symbols.
            skip_blanks: A probability of the blank above which a beam passes over a
                frame, such as 0.999: faster, and not exact.

        Returns:
            List of texts in the order of `x`, or of `Transcription`s; of a
            `SequenceBatches` those of the sequences that it has kept.

        Raises:
            ValueError: No sequence is good; or with `strict` one is bad; or an argument
                is out of range, or has no effect beside the others.
        """
        decoder = self._decoder(decoding)
        batches = self._sequences(x, None, batch_size=batch_size, strict=strict)
        found = [None] * len(batches.inputs)
        for number, (inputs, *_) in enumerate(batches):
            read = decoder(*self._read(inputs))
            for item, transcription in zip(batches.items(number), read):
                found[item] = transcription if details else transcription.text
        return _as_given(x, batches, found)

    def align(self, x, texts=None, batch_size=32, *, strict=False):
        """Where each symbol of a known text stands.

        Args:
            x: Sequences as for `fit`.
            texts: Their texts; None if `x` is a `SequenceBatches`, which has them.
            batch_size: Sequences at once.
            strict: Whether a bad sequence or text is an error; otherwise a warning
                names it, and None stands in the place of its alignment.

        Returns:
            List of `rnnkit.decoding.Alignment`, arrays of one item each, in frames
            of the encoder's output; `score` below -1e29: too few frames.

        Raises:
            ValueError: As for `transcribe`.
        """
        if (texts is None) != isinstance(x, SequenceBatches):
            raise ValueError("Give texts to align, or SequenceBatches that have them.")
        batches = self._labelled(x, texts, batch_size=batch_size, strict=strict)
        found = [None] * len(batches.inputs)
        for number, (inputs, labels) in enumerate(batches):
            logits, frames = self._read(inputs)
            aligned = forced_align(
                labels, logits, logit_lengths=frames, blank=self.blank
            )
            frames = ops.convert_to_numpy(frames)
            arrays = [ops.convert_to_numpy(a) for a in aligned]
            for row, item in enumerate(batches.items(number)):
                count = len(batches.labels[item])
                starts, ends, scores, score, path = (a[row] for a in arrays)
                found[item] = type(aligned)(
                    starts[:count],
                    ends[:count],
                    scores[:count],
                    float(score),
                    path[: frames[row]],
                )
        return _as_given(x, batches, found)

    def stream(self, batch_size=1, **decoding):
        """Read what arrives piece by piece: a `CTCStream`.

        Args:
            batch_size: Sequences side by side.
            decoding: As for `transcribe`, but for `skip_blanks`.

        Raises:
            ValueError: The model has not been built, or a layer of its encoder reads
                the whole sequence; or as for `transcribe`.
        """
        return CTCStream(self, batch_size, self._decoder(decoding))

    def _decoder(self, options):
        """A decoder is kept, as it holds tables and what was compiled for them."""
        weights = {k: v for k, v in options.items() if k in ("lm_weight", "bonus")}
        options = {k: v for k, v in options.items() if k not in weights}
        key = frozen(options)
        if self._kept.key != key:
            self._kept.decoder = CTCDecoder(self.vocabulary, **options)
            self._kept.key = key
        self._kept.decoder.weigh(**weights)
        return self._kept.decoder

    def _sequences(self, x, y, **options):
        shape = getattr(self, "_input_shape", None) or ()
        if not isinstance(x, SequenceBatches):
            rows, axes = _rows(x), len(shape) - 1
            if rows and axes > 0 and all(row.ndim != axes for row in rows):
                raise ValueError(
                    f"Sequence 0 has {rows[0].ndim} axes, the model reads sequences "
                    f"of {axes}: give a list of arrays, also for a single one."
                )
            x = SequenceBatches(rows, _texts(y), self.vocabulary, **options)
        elif y is not None:
            raise ValueError("SequenceBatches hold their texts: give no others.")
        found = x.inputs[0].shape[1:]
        if any(a not in (None, b) for a, b in zip(shape[2:], found)):
            raise ValueError(
                f"Sequence {x.kept[0]} has axes {found} after time, the model reads "
                f"{shape[2:]}: bring all sequences to that size."
            )
        return x


def _as_given(x, batches, found):
    """What was found of the sequences kept, in the order of `x`; None of the others."""
    if x is batches:
        return found
    found = dict(zip(batches.kept, found))
    return [found.get(k) for k in range(len(found) + len(batches.left_out))]


def _rows(x):
    """Sequences in whatever form, as a list of arrays."""
    if hasattr(x, "element_spec"):
        raise TypeError("A tf.data.Dataset is for `fit`: give a list of arrays here.")
    if isinstance(x, tuple) and len(x) == 2 and _are_lengths(x[1]):
        x, lengths = (ops.convert_to_numpy(part) for part in x)
        inside = (lengths >= 0) & (lengths <= x.shape[1])
        if len(x) != len(lengths) or not inside.all():
            raise ValueError(
                f"(x, lengths) holds {len(x)} sequences of up to {x.shape[1]} and the "
                f"lengths {lengths.tolist()}."
            )
        return [row[:length] for row, length in zip(x, lengths)]
    if hasattr(x, "bounding_shape"):  # a tf.RaggedTensor
        return [row.numpy() for row in x]
    return [np.asarray(row) for row in x]


def _are_lengths(x):
    x = np.asarray(x)
    return x.ndim == 1 and np.issubdtype(x.dtype, np.integer)


def _texts(y):
    if hasattr(y, "numpy"):
        y = y.numpy()
    if y is None:
        return None
    return [one.decode() if isinstance(one, bytes) else _label(one) for one in y]


def _label(one):
    return str(one) if isinstance(one, str) else one
