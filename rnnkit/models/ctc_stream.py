"""Reading while the sequence still arrives."""

import keras
from keras import ops

from rnnkit.layers.deltas import Deltas
from rnnkit.layers.spectra import LogMel
from rnnkit.layers.stepping import initial_state, step
from rnnkit.layers.time_delay import TimeDelay
from rnnkit.models.encoding import FRAMEWISE
from rnnkit.models.stepping import is_recurrent
from rnnkit.ops import scan
from rnnkit.ops.tracing import compiled


class CTCStream:
    """A sequence that is read chunk by chunk; what `CTCModel.stream` gives.

        stream = model.stream()
        for chunk in chunks:  # (batch, time, features), of any length
            print(stream.feed(chunk))
        print(stream.finish())

    The logits are those of the whole sequence. `TimeDelay` and `Deltas` hold frames
    back until what they look ahead to has arrived; `LogMel` and `MFCC`, which read
    samples `(batch, time)`, until a frame is whole.

    Attributes:
        logits: Those so far, `(batch, frames, vocabulary.size + 1)`.
    """

    def __init__(self, model, batch_size, decoder):
        self.decoder, self.batch_size = decoder, batch_size
        self._stages = [_stage(layer, batch_size) for layer in model.encoder]
        if not model.built:
            raise ValueError("The model has not been built: train it, or call it once.")
        self._head, self._ended = model.head, False
        self._axes = len(model._input_shape)
        width = model.vocabulary.size + 1
        self.logits = ops.zeros((batch_size, 0, width))
        self._search = self._beam = None
        if decoder.beam_width is not None:
            self._search = decoder.search
            self._beam = self._search.start(batch_size)

    def feed(self, chunk):
        """Read on; returns the texts so far, which later chunks may change."""
        chunk = ops.convert_to_tensor(chunk, dtype="float32")
        if self._ended:
            raise ValueError("The stream has ended: make a new one with `stream`.")
        if len(chunk.shape) != self._axes or chunk.shape[0] != self.batch_size:
            axes = "(batch, time)" if self._axes == 2 else "(batch, time, features)"
            raise ValueError(
                f"A chunk is {axes} with batch {self.batch_size}, got "
                f"{tuple(chunk.shape)}."
            )
        if not ops.all(ops.isfinite(chunk)):
            raise ValueError("The chunk holds a number that is not finite.")
        self._go_on(chunk if chunk.shape[1] else None, last=False)
        return self._texts(final=False)

    def finish(self):
        """The sequence has ended: the texts."""
        self._ended = True
        self._go_on(None, last=True)
        return self._texts(final=True)

    def _go_on(self, x, last):
        for stage in self._stages:
            x = stage(x, last)
        if x is None:
            return
        logits = self._head(x)
        self.logits = ops.concatenate([self.logits, logits], axis=1)
        if self._search is not None:
            self._beam = self._search.feed(self._beam, logits)

    def _texts(self, final):
        if self.logits.shape[1] == 0:
            return [""] * self.batch_size
        if self._search is None:
            found = self.decoder(self.logits, None)
        else:
            found = self.decoder.read(self._search, self._beam, final)
        return [one.text for one in found]


def _stage(layer, batch_size):
    """A function of a chunk, or None, and whether it is the last → a chunk or None."""
    backwards = hasattr(layer, "backward_layer") or getattr(layer, "go_backwards", 0)
    if is_recurrent(layer) and not backwards:
        return _Steps(layer, batch_size)
    if isinstance(layer, LogMel):
        return _Spectra(layer)
    if isinstance(layer, (TimeDelay, Deltas)):
        return _Delay(layer)
    if isinstance(layer, FRAMEWISE):
        return lambda x, last: None if x is None else layer(x, training=False)
    raise ValueError(
        f"{layer.name} may read the whole sequence and cannot be streamed: use layers "
        "that read forwards, LogMel, MFCC, Deltas, TimeDelay, or layers that treat "
        "every frame alone."
    )


class _Steps:
    """A recurrent layer, its state carried from chunk to chunk."""

    def __init__(self, layer, batch_size):
        self.state = initial_state(layer, batch_size)

        def run(x, state):
            def one(state, x):
                output, new = step(layer, x, state)
                new = keras.tree.flatten(new)
                return keras.tree.pack_sequence_as(state, new), output

            state, outputs = scan(one, state, ops.transpose(x, (1, 0, 2)))
            return ops.transpose(outputs, (1, 0, 2)), state

        self.run = compiled(run)

    def __call__(self, x, last):
        if x is None:
            return None
        outputs, self.state = self.run(x, self.state)
        return outputs


class _Delay:
    """A layer over a window, which keeps the frames it still looks back to."""

    def __init__(self, layer):
        self.layer = layer
        self.kept = None  # frames from `begin` on
        self.begin = self.next = 0  # the frame to compute next

    def __call__(self, x, last):
        if x is not None:  # it has a frame at least
            kept = self.kept
            self.kept = x if kept is None else ops.concatenate([kept, x], axis=1)
        if self.kept is None:
            return None
        layer, stride = self.layer, self.layer.stride
        total = self.begin + self.kept.shape[1]
        end = total if last else total - layer.look_ahead  # frames that can be told
        count = max(0, -(-(end - self.next) // stride))
        if count == 0:
            return None
        first = (self.next - self.begin) // stride
        outputs = layer(self.kept)[:, first : first + count]
        self.next += count * stride
        back = -(-layer.look_back // stride) * stride  # to stay in step
        begin = max(self.begin, min(self.next - back, total // stride * stride))
        self.kept = self.kept[:, begin - self.begin :]
        self.begin = begin
        return outputs


class _Spectra(_Delay):
    """Frames of samples, whole ones alone unless there is none at the end."""

    def __call__(self, x, last):
        return super().__call__(x, last and self.next == 0)
