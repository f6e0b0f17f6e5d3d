"""The models: decoders of several kinds, and ways to know when to stop."""

import keras
from keras import ops

import rnnkit
from rnnkit import decoding, layers

# What attends where, made from the width of the decoder.
ATTENTIONS = {
    "additive": lambda units: layers.AdditiveAttention(units),
    "location": lambda units: layers.LocationAttention(units, 8, 5),
    "window": lambda units: layers.WindowAttention(2),
    "monotonic": lambda units: layers.MonotonicAttention(
        layers.AdditiveAttention(units, normalize=True)
    ),
}
DECODERS = ("plain", *ATTENTIONS)
RULES = ("end symbol", "stop output", "predicted length", "remaining steps")


def build(config, vocabulary, kind, task, rule=None):
    """Return a `Seq2Seq`, not compiled.

    Where digits are to be reversed the source is read from its end, so that what goes
    forward comes to them in the order in which they are to be written. Of a walk each
    step is read alone: where one is, nothing tells but what was written.

    Args:
        kind: The decoder, one of `DECODERS`.
        rule: When it stops, one of `RULES`; None for a `Seq2Seq` as it is.

    Raises:
        SystemExit: There is no such decoder.
    """
    units = 2 * config.units
    if kind == "plain":
        decoder = layers.GRU(units, return_sequences=True)
    elif kind in ATTENTIONS:
        cell = rnnkit.cells.GRUCell(units)
        attention = ATTENTIONS[kind](units)
        decoder = layers.AttentionDecoder(
            layers.AttentionCell(cell, attention, input_feeding=False)
        )
    else:
        raise SystemExit(f"No decoder {kind!r}; there are {', '.join(DECODERS)}.")
    encoder, options = layers.Bidirectional(layers.GRU(config.units)), {}
    if task == "walk":
        encoder, options = keras.layers.Dense(units, "tanh"), {"bridge": None}
    given = (vocabulary, vocabulary, [encoder], decoder)
    options["embedding_dim"] = config.embedding_dim
    options["reverse_source"] = task == "reverse"
    if rule is None:
        return rnnkit.models.Seq2Seq(*given, **options)
    return StoppingSeq2Seq(*given, rule=rule, **options)


@rnnkit.export
class StoppingSeq2Seq(rnnkit.models.Seq2Seq):
    """A `Seq2Seq` with one output more, e_t, that says when to stop.

        end symbol        the end is a symbol like others; e is not used
        stop output       sigmoid(e_t): of stopping before symbol t
        predicted length  e_0: of the target, before anything is written
        remaining steps   e_t: how many symbols are to come, stop below one half

    Args beside those of `Seq2Seq`:
        rule: One of these four.
    """

    def __init__(self, *args, rule, **kwargs):
        super().__init__(*args, **kwargs)
        self.rule = rule

    def build(self, input_shape=None):
        self.extra = keras.layers.Dense(1, name="extra")
        super().build(input_shape)
        self.extra.build((None, None, self.decoder_width))

    def get_config(self):
        return {**super().get_config(), "rule": self.rule}

    def logits(self, x):
        """Those of the symbols, and e as the last."""
        return ops.concatenate([super().logits(x), self.extra(x)], axis=-1)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        symbols, extra = y_pred[..., :-1], y_pred[..., -1]
        is_end = y == self.target_vocabulary.end
        if self.rule != "end symbol":
            own = extra_loss(self.rule, extra, ops.cast(y >= 0, "float32"), is_end)
            y = ops.where(is_end, -1, y)
        loss = super().compute_loss(x, y, symbols, sample_weight, training)
        return loss if self.rule == "end symbol" else loss + own

    def both(self, *given):
        """`next_step` with logits of the symbols and e as a pair."""
        found, *others = super().next_step(*given)
        return (found[..., :-1], found[..., -1]), *others

    def next_step(self, *given):
        (symbols, _), *others = self.both(*given)
        return symbols, *others

    def search(self, source, lengths, max_length=None, **options):
        if self.rule == "end symbol":
            return super().search(source, lengths, max_length, **options)
        state, constants = self.begin(source, lengths)
        start = ops.full_like(lengths, self.target_vocabulary.start)
        size = 2 * ops.shape(source)[1] + 10 if max_length is None else max_length
        if self.rule == "predicted length":
            (_, length), *_ = self.both(start, state, constants)
            limit = ops.clip(ops.cast(ops.round(length), "int32"), 1, size)
            step, end = self.next_step, None
        else:
            step, end = decoding.stop_output(self.ending), self.target_vocabulary.size
            limit = size
        return decoding.beam_search(
            step,
            state,
            start=start,
            end=end,
            max_length=limit,
            size=size,
            constants=constants,
            **options,
        )

    def ending(self, *given):
        """`next_step` with logits of the symbols and of stopping before the next."""
        (symbols, extra), *others = self.both(*given)
        if self.rule == "remaining steps":
            extra = 1e4 * (0.5 - extra)
        return (symbols, extra), *others


def extra_loss(rule, extra, real, is_end):
    """The loss of what says when to stop, a mean.

    Args:
        extra: What it says, `(batch, time)`.
        real: 1 where the target has a symbol or its end, else 0, `(batch, time)`.
        is_end: Whether it is the end, likewise.
    """
    if rule == "stop output":
        losses = ops.softplus(extra) - extra * ops.cast(is_end, "float32")
    else:
        remaining = ops.sum(real, axis=1, keepdims=True) - ops.cumsum(real, axis=1)
        away = ops.absolute(remaining - extra)
        losses = ops.where(away < 1, away**2 / 2, away - 0.5)
    if rule == "predicted length":
        return ops.mean(losses[:, 0])
    return ops.sum(losses * real) / ops.sum(real)
