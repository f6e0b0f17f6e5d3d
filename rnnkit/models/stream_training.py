"""Training and evaluation over streams of text, the state carried along."""

import contextlib
import math

import keras
from keras import ops

from rnnkit.data import TextStreams, text_streams
from rnnkit.models.carried_state import CarriedState
from rnnkit.models.text_scoring import check_streams, ids_of
from rnnkit.models.training import (
    BeginPass,
    Bits,
    BuiltOptimizer,
    LossGuard,
    Nats,
    as_list,
    fit_rest_and_whole,
    refuse_those_of_arrays,
)
from rnnkit.ops import softmax_nats

EVALUATION_STEPS = 256  # symbols in a window where a text is evaluated


class StreamTraining(BuiltOptimizer):
    """What `compile`, `fit` and `evaluate` of a model over symbols do.

    The model has a `vocabulary`, `initial_state(batch_size)`, and
    `run(ids, states, training)`, which gives logits and the states after them.
    """

    def prepare_training(self):
        """Make what is carried and what is counted; in `__init__`."""
        self.training_state = CarriedState(name="training_state")
        self.evaluation_state = CarriedState(listed=False, name="evaluation_state")
        # By `training`: whether the state is carried, which is while fit or evaluate
        # runs; and whether the function that Keras keeps was made to.
        self._carries = {True: False, False: False}
        self._traced = {True: None, False: None}
        self.nats = keras.metrics.Mean(name="nats")
        self.bits = Bits(self.nats)

    def call(self, inputs, training=False):
        training = bool(training)
        if not self._carries[training]:
            return self.run(inputs, training=training)[0]
        carried = self.training_state if training else self.evaluation_state
        states = carried.read(self.initial_state(ops.shape(inputs)[0]))
        logits, states = self.run(inputs, states, training)
        carried.write(states)
        return logits

    def compile(self, optimizer="adam", loss=None, *, jit_compile=False, **kwargs):
        """Keras' `compile`, with what a language model needs as defaults.

        Args:
            optimizer: Given by name, it clips the gradient's norm at 1.
            loss: By default the cross-entropy in nats per symbol. Whatever the loss,
                `nats` and `bits` per symbol are reported beside it.
            jit_compile: Off by default: the recurrence compiles itself, which is
                faster than to compile the whole step.
        """
        if isinstance(optimizer, str):
            optimizer = keras.optimizers.get(optimizer)
            optimizer.global_clipnorm = 1.0
        super().compile(
            optimizer,
            Nats() if loss is None else loss,
            jit_compile=jit_compile,
            **kwargs,
        )

    def make_train_function(self, force=False):
        return super().make_train_function(self._is_stale(True) or force)

    def make_test_function(self, force=False):
        return super().make_test_function(self._is_stale(False) or force)

    def _is_stale(self, training):
        """Whether the function that Keras keeps carries where this one is not to."""
        before, carries = self._traced[training], self._carries[training]
        self._traced[training] = carries
        return before != carries

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        if sample_weight is not None and len(sample_weight.shape) < len(y.shape):
            rows = ops.expand_dims(sample_weight, -1)  # one weight for a whole row
            sample_weight = rows * ops.ones_like(y, dtype=rows.dtype)
        nats = self.target_nats(y, y_pred, training)
        self.nats.update_state(nats, sample_weight)
        given = nats if isinstance(self.loss, Nats) else y_pred
        return super().compute_loss(x, y, given, sample_weight, training)

    def target_nats(self, y, logits, training):
        """-ln p of each symbol of `y`, `(batch, time)`."""
        return softmax_nats(logits, y)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        *,
        validation_data=None,
        callbacks=None,
        **kwargs,
    ):
        """Keras' `fit`; on `TextStreams` the state is carried from batch to batch.

        `validation_data` may also be a text, or `TextStreams`. To stop early, watch
        `val_nats`, the mean over symbols; Keras' `val_loss` is a mean over batches.

        A pass begins with an empty state, unless the streams begin at a later batch
        (`streams.first`): then it goes on with the state that `load_weights` brought.
        Validation has a state of its own.

        Raises:
            LossError: The loss is NaN or infinite.
            ValueError: Streams are of another vocabulary, or have targets, weights or
                what else is of arrays beside them; or there is a text in their place.
        """
        if isinstance(validation_data, str):
            validation_data = self._evaluation_streams(validation_data)
        self._check(x, validation_data)
        self._validation = validation_data
        first = x.first if isinstance(x, TextStreams) else 0
        callbacks = [BeginPass(first), LossGuard(first), *as_list(callbacks)]
        kwargs |= dict(validation_data=_batches(validation_data), callbacks=callbacks)
        with self._carrying(True, x):
            if isinstance(x, TextStreams):
                kwargs |= dict(y=y, batch_size=batch_size)
                return self._fit_streams(x, first, epochs, **kwargs)
            return super().fit(x, y, batch_size, epochs, **kwargs)

    def _fit_streams(
        self,
        streams,
        first,
        epochs,
        *,
        y=None,
        batch_size=None,
        initial_epoch=0,
        shuffle=False,
        steps_per_epoch=None,
        **kwargs,
    ):
        refuse_those_of_arrays({**kwargs, "y": y, "batch_size": batch_size})
        if shuffle:
            raise ValueError("Streams are read in order: leave shuffle=False.")
        if steps_per_epoch is not None:
            raise ValueError(
                "An epoch is a pass over all streams, from empty states on: for less, "
                "fit one of streams.parts(number) after another."
            )
        kwargs |= dict(initial_epoch=initial_epoch, epochs=epochs, shuffle=False)
        if not first:
            return super().fit(_batches(streams), **kwargs)
        streams.first = 0
        rest = _batches(streams, first)
        return fit_rest_and_whole(self, super().fit, rest, streams, _batches, **kwargs)

    def evaluate(self, x=None, y=None, batch_size=None, **kwargs):
        """Keras' `evaluate`, in nats and bits per symbol.

        Args:
            x: A text, over all of which the state is carried; or `TextStreams`, each
                stream of which begins with an empty state; or whatever Keras takes.
            batch_size: Of a text: cut into so many streams, which is faster, and less
                exact as each begins with an empty state.

        Raises:
            ValueError: Streams hold an id that is not of the vocabulary, or there are
                targets, weights or a batch size beside them.
        """
        if isinstance(x, str):
            x, batch_size = self._evaluation_streams(x, batch_size or 1), None
        # Keras' fit evaluates on batches it has kept; these say what they are of.
        cached = kwargs.get("_use_cached_eval_dataset", False)
        if isinstance(x, TextStreams) and not cached:
            refuse_those_of_arrays({**kwargs, "y": y, "batch_size": batch_size})
        self._check(x)
        streams = self._validation if cached else x
        self.evaluation_state.listed = True
        try:
            with self._carrying(False, streams):
                return super().evaluate(_batches(x), y, batch_size=batch_size, **kwargs)
        finally:
            self.evaluation_state.listed = False

    def perplexity(self, text, batch_size=1):
        """exp of the mean of -ln p over all symbols of a text.

        Where the vocabulary has a line end the text is read as after one, so that its
        first symbol counts as well; else it is only read. The state is carried over all
        of the text.

        Args:
            text: `str`; or ids, integers `(n,)`.
            batch_size: Streams the text is cut into, each of which begins with an empty
                state; see `evaluate`.

        Raises:
            ValueError: There is nothing to predict; a symbol is not in the vocabulary.
        """
        ids = ids_of(self.vocabulary, text)
        if not self.compiled:
            self.compile()
        steps = min(EVALUATION_STEPS, max(1, len(ids) // batch_size))
        streams = text_streams(ids, None, batch_size, steps, drop_remainder=False)
        return math.exp(self.evaluate(streams, return_dict=True, verbose=0)["nats"])

    def reset_state(self):
        """Empty the state that training carries."""
        self.training_state.reset()

    @contextlib.contextmanager
    def _carrying(self, training, data):
        """While it lasts, the state is carried over `data` if it is streams."""
        carries = isinstance(data, TextStreams)
        strategy = getattr(self, "distribute_strategy", None)  # TensorFlow's only
        if carries and strategy and strategy.num_replicas_in_sync > 1:
            raise ValueError(
                f"{self.name} carries its state from batch to batch over TextStreams, "
                "which tf.distribute cannot share out among its "
                f"{strategy.num_replicas_in_sync} replicas: give it windows of ids, x "
                "and y (batch, time), or one replica."
            )
        state = self.training_state if training else self.evaluation_state
        if carries and state.hold(self.initial_state(data.batch_size)):
            self._traced[training] = None
        if not training:
            state.reset()
        self._carries[training] = carries
        try:
            yield
        finally:
            self._carries[training] = False

    def _check(self, *data):
        """See that the ids of what is streams among some data are of the vocabulary."""
        for streams in data:
            if isinstance(streams, TextStreams):
                check_streams(self.vocabulary, streams)
            elif _holds_texts(streams):
                raise ValueError(
                    "A text becomes ids in streams: give rnnkit.data.text_streams("
                    "text, model.vocabulary, batch_size, steps)."
                )

    def _evaluation_streams(self, text, batch_size=1):
        steps = min(EVALUATION_STEPS, max(1, len(text) // batch_size))
        return text_streams(
            text, self.vocabulary, batch_size, steps, drop_remainder=False
        )


def _holds_texts(data):
    data = getattr(data, "element_spec", data)  # of a tf.data.Dataset
    if isinstance(data, (list, tuple)):
        data = data[0] if data else None
    dtype = getattr(data, "dtype", None)
    texts = getattr(dtype, "kind", "") in ("O", "U", "S") or dtype == "string"
    return isinstance(data, str) or texts


def _batches(data, first=0):
    """Streams as the backend reads them fastest; anything else as it is."""
    if isinstance(data, TextStreams) and keras.backend.backend() == "tensorflow":
        return data.dataset(first)
    return data
