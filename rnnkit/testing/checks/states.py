"""States: given, returned, carried over, and stepped."""

from keras import ops

from rnnkit.layers import Bidirectional
from rnnkit.testing import subjects
from rnnkit.testing.checks.paths import available, ready
from rnnkit.testing.compare import assert_equal, assert_raises

CUT, WHOLE = 2, (subjects.BATCH, 4, subjects.FEATURES)  # two pieces of one shape


_FORWARDS = {"return_sequences": True, "go_backwards": False}


def a_sequence_may_be_cut(layer):
    """Two pieces with the state handed over give what the whole gives."""
    plain = ready(layer, dtype="float64", path="loop", **_FORWARDS)
    sequence = subjects.tensor(plain, subjects.inputs(WHOLE))
    whole, *last = plain(sequence)
    for path in available(layer):
        one = subjects.twin(plain, path=path)
        first, *state = one(sequence[:, :CUT])
        second, *state = one(sequence[:, CUT:], initial_state=state)
        pieces = ops.concatenate([first, second], axis=1), state
        promise = f"the hand-over of states (path={path})"
        assert_equal(promise, layer, pieces, (whole, last))


def stateful_carries_on(layer):
    """`stateful=True` goes on where the last call ended, until `reset_state()`."""
    promise = "stateful=True"
    plain = ready(layer, dtype="float64", path="loop", return_sequences=True)
    sequence = subjects.tensor(plain, subjects.inputs(WHOLE))
    pieces = sequence[:, :CUT], sequence[:, CUT:]
    first, *state = plain(pieces[0])
    second, *state = plain(pieces[1], initial_state=state)
    for path in available(layer):
        carrying = subjects.twin(plain, path=path, stateful=True)
        for turn in ("at first", "after reset_state()"):
            got = [carrying(piece)[0] for piece in pieces]
            name = f"{promise} {turn} (path={path})"
            assert_equal(name, layer, got, [first, second])
            reset(carrying)
    assert_raises(
        f"{promise} with a batch of another size",
        layer,
        lambda: carrying(sequence[:1]),
        ["batch"],
    )


def one_step_is_one_step(layer):
    """`step`, from `initial_state(batch_size)` on, gives the sequence's outputs."""
    layer = ready(layer, dtype="float64", path="loop", **_FORWARDS)
    sequence = subjects.tensor(layer, subjects.inputs())
    whole, *last = layer(sequence)
    state, outputs = layer.initial_state(batch_size=subjects.BATCH), []
    for time in range(subjects.TIME):
        output, state = layer.step(sequence[:, time], state)
        outputs.append(output)
    got = {"outputs": ops.stack(outputs, 1), "last state": state}
    assert_equal("step(x, state)", layer, got, {"outputs": whole, "last state": last})


def arguments_decide_what_returns(layer):
    """`return_sequences` and `return_state` choose among the same numbers."""
    promise = "return_sequences and return_state"
    full = ready(layer, dtype="float64", path="loop", return_sequences=True)
    sequence = subjects.tensor(full, subjects.inputs())
    outputs, *last = full(sequence)
    for sequences in (True, False):
        part = subjects.twin(full, return_sequences=sequences)
        output, *states = part(sequence)
        wanted = outputs if sequences else last_of(full, outputs)
        assert_equal(promise, layer, (output, states), (wanted, last))
        alone = subjects.twin(full, return_sequences=sequences, return_state=False)
        assert_equal(promise, layer, alone(sequence), wanted)


def the_first_state_is_learnt(layer):
    """`trainable_initial_state` starts a sequence and has a gradient, or is refused."""
    import tensorflow as tf

    promise = "trainable_initial_state"
    options = {"trainable_initial_state": True, "activation": "tanh"}
    if subjects.altered_or_refused(layer, **options) is None:
        return
    learning = ready(layer, dtype="float64", path="loop", **options)
    names = [w for w in learning.trainable_weights if "initial_" in w.path]
    sequence = subjects.tensor(learning, subjects.inputs())
    given = [ops.broadcast_to(w, (subjects.BATCH, w.shape[-1])) for w in names]
    with tf.GradientTape() as tape:
        output = learning(sequence)[0]
        loss = tf.reduce_sum(output**2)
    gradients = tape.gradient(loss, [w.value for w in names])
    started = learning(sequence, initial_state=given)[0]
    assert_equal(promise, layer, output, started)
    moved = all(g is not None and float(tf.norm(g)) > 0 for g in gradients)
    assert_equal(f"a gradient of {promise}", layer, float(moved), 1.0)


def reset(layer):
    """Forget carried states; Keras' own wrapper calls it `reset_states`."""
    (getattr(layer, "reset_state", None) or layer.reset_states)()


def last_of(layer, outputs):
    """The last output of each direction, of a whole sequence of outputs."""
    if not isinstance(layer, Bidirectional):
        return outputs[:, -1]
    forward, backward = ops.split(outputs, 2, axis=-1)
    return ops.concatenate([forward[:, -1], backward[:, 0]], axis=-1)


ALL = (
    a_sequence_may_be_cut,
    stateful_carries_on,
    one_step_is_one_step,
    arguments_decide_what_returns,
    the_first_state_is_learnt,
)
