"""`Recurrent`: the layer that runs a cell over a sequence."""

import keras
from keras import ops

from rnnkit.cells.base import GatedCell
from rnnkit.layers.masks import first_of
from rnnkit.recurrence import Selection, cudnn, loop, select
from rnnkit.recurrence.bind import bind, tensors_of
from rnnkit.recurrence.selection import ASKED, DrawingStep
from rnnkit.registration import export


@export
class Recurrent(keras.layers.RNN):
    """Runs a cell over a sequence, as `keras.layers.RNN` does, but fast.

    Args:
        cell: An rnnkit cell, or any Keras cell.
        path: "auto", "loop", "hoisted" or "cudnn": what runs the sequence, see
            `rnnkit.recurrence.select`. All give the same numbers.
        **kwargs: `return_sequences`, `return_state`, `go_backwards`, `stateful`,
            `unroll`, `zero_output_for_mask` and Keras' layer arguments.

    Raises:
        ValueError: A path that cannot be had, with the reason.

    Call arguments: sequences `(batch, time, features)`, `initial_state`, `mask`
    `(batch, time)`, `training`. Output `(batch, time, width)` or `(batch, width)`.

    It reads one sequence. For several, none, or constants beside them, call
    `rnnkit.recurrence.loop` with a step of your own.
    """

    def __init__(self, cell, path="auto", **kwargs):
        super().__init__(cell, **kwargs)
        if self.stateful and getattr(cell, "trainable_initial_state", False):
            raise ValueError(
                "stateful=True begins where the last batch ended and "
                "trainable_initial_state=True at a state that is learnt: choose one."
            )
        self.recurrence_path, self._draws = path, False
        Recurrent.selection(self)  # a path that cannot be had raises here
        self._hoisted = None
        if keras.backend.backend() == "tensorflow":
            # The hoisted path compiles itself, in parts that run side by side,
            # which one program around the model would undo; cuDNN is no XLA.
            self.supports_jit = False

    def selection(self):
        """The path that runs this layer, and the reason: `Selection(path, reason)`."""
        if self._draws:
            return Selection("loop", "its step draws random numbers")
        return select(self.cell, self.recurrence_path, unroll=self.unroll)

    def initial_state(self, batch_size):
        """The states before the first step, for `step`."""
        return self.get_initial_state(batch_size)

    def step(self, x, state):
        """One step in time: `(batch, features)` and a state to output and state."""
        output, state = self.cell(x, state)
        return output, state if isinstance(state, (list, tuple)) else [state]

    def inner_loop(self, sequences, initial_state, mask, training=False):
        mask = first_of(mask)
        if not isinstance(self.cell, GatedCell):
            outputs, states = self._foreign(sequences, initial_state, mask, training)
        else:
            outputs, states = self._own(sequences, initial_state, mask, training)
        last = self._last_output(outputs, states, mask)
        if outputs is not None and mask is not None:
            outputs = self._masked(outputs, mask)
        return last, last if outputs is None else outputs, states

    def _own(self, sequences, states, mask, training):
        cell = self.cell
        sequences = ops.cast(sequences, cell.compute_dtype)
        whole, steps = (
            cell.draw_noise(sequences) if training and cell.noisy else ({}, {})
        )
        if "dropout" in whole:
            sequences = sequences * whole.pop("dropout")[:, None]
        batch = ops.shape(sequences)[0]
        states = [  # one for all, as in Keras
            ops.broadcast_to(s, (batch, s.shape[1])) if s.shape[0] == 1 else s
            for s in states
        ]
        weights = tensors_of(cell, training)
        path, reason = self.selection()
        if path == "cudnn":
            try:
                return self._cudnn(weights, sequences, states, mask)
            except NotImplementedError as error:
                if reason == ASKED:
                    raise ValueError(
                        "cuDNN cannot run this call. On TensorFlow it takes masks that "
                        "are right-padded, with no empty row, on JAX no mask: leave "
                        f'path and use_cudnn at "auto" for the others. {error}'
                    ) from error
            path, _ = select(self.cell, unroll=self.unroll, use_cudnn=False)
        given = (weights, sequences, states, mask, whole, steps)
        if path != "hoisted":
            return self._loop(*given)
        try:
            return self._fast(*given)
        except DrawingStep:
            if reason == ASKED:
                raise
            self._draws = True
            return self._loop(*given)

    def _fast(self, weights, sequences, states, mask, whole, steps):
        from rnnkit.recurrence.hoisted import Hoisted

        self._hoisted = self._hoisted or Hoisted(self.cell)
        return self._hoisted(
            weights,
            sequences,
            states,
            None if mask is None else ops.cast(mask, "bool"),
            whole,
            steps,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
        )

    def _loop(self, weights, sequences, states, mask, whole, steps):
        bound = bind(self.cell, weights)
        x = bound.biased(bound.project(sequences))
        # Not in the loop, which would sum the bias's gradient in half precision.
        bound = bind(bound, {"biased": lambda x: x})

        def step(x, states):
            x, noise = x
            new = bound.transition(x, states, bound.product, {**whole, **noise})
            return new[0], new

        return loop(
            step,
            (x, steps),
            states,
            mask,
            go_backwards=self.go_backwards,
            unroll=self.unroll,
        )

    def _foreign(self, sequences, states, mask, training):
        def step(x, states):
            kwargs = {"training": training} if self._takes_training() else {}
            output, new = self.cell(x, states, **kwargs)
            return output, new if isinstance(new, (list, tuple)) else [new]

        return loop(
            step,
            sequences,
            states,
            mask,
            go_backwards=self.go_backwards,
            unroll=self.unroll,
        )

    def _takes_training(self):
        return getattr(self.cell, "_call_has_training_arg", False)

    def _cudnn(self, weights, sequences, states, mask):
        _, outputs, states = cudnn.run(
            bind(self.cell, weights),
            sequences,
            states,
            mask,
            return_sequences=self.return_sequences,
            go_backwards=self.go_backwards,
        )
        if not self.return_sequences:
            return None, states
        if mask is not None:
            keep = ops.expand_dims(self._in_order(mask), -1)
            outputs = ops.where(keep, outputs, ops.expand_dims(states[0], 1))
        return outputs, states

    def _in_order(self, mask):
        """The mask in the order in which the steps are made."""
        mask = ops.cast(mask, "bool")
        return ops.flip(mask, axis=1) if self.go_backwards else mask

    def _masked(self, outputs, mask):
        """Outputs of masked steps: the last one before, zero where there is none."""
        seen = self._in_order(mask)
        if not self.zero_output_for_mask:
            seen = ops.cumsum(ops.cast(seen, "int32"), axis=1) > 0
        return ops.where(ops.expand_dims(seen, -1), outputs, 0)

    def _last_output(self, outputs, states, mask):
        if mask is None:
            return states[0] if isinstance(self.cell, GatedCell) else outputs[:, -1]
        seen = self._in_order(mask)
        seen = seen[:, -1:] if self.zero_output_for_mask else ops.any(seen, 1, True)
        last = states[0] if isinstance(self.cell, GatedCell) else outputs[:, -1]
        return ops.where(seen, last, 0)

    def compute_mask(self, sequences, previous_mask):
        mask = first_of(previous_mask) if self.return_sequences else None
        return [mask] + [None] * len(self.state_size) if self.return_state else mask

    def get_config(self):
        return {**super().get_config(), "path": self.recurrence_path}
