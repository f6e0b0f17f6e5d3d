"""The lattice of a hidden Markov model whose states last some frames at least.

Every state is a row of `minimum_duration` places: it is entered at the first, goes on
to the next or stays, and is left from the last. So a step costs hardly more than
without: the way in is looked for once for each state.

Reference: [Viterbi, 1967](https://doi.org/10.1109/TIT.1967.1054010)
"""

from keras import ops

from rnnkit.ops import scan

NEVER = -1e30
NO_PATH = -1e29  # what a path that there is scores at least


def best_path(states, emissions, transitions, initial, final, frames, minimum_duration):
    """The most probable path of each sequence.

    Args:
        states: How many there are.
        emissions: float32 `(batch, time, states)`.
        transitions: From row to column, float32 `(states, states)`.
        initial, final: float32 `(states,)`.
        frames: Which frames count, the first ones, booleans `(batch, time)`.
        minimum_duration: Frames that a state lasts at least.

    Returns:
        States, int32 `(batch, time)`, -1 in other frames and where there is no path;
        and scores, `(batch,)`, below `NO_PATH` where there is none.
    """
    last = (minimum_duration - 1) * states  # the last place of the first state
    diagonal = ops.eye(states, dtype="bool")
    onwards = ops.where(diagonal, NEVER, transitions)[None]
    stays = ops.diagonal(transitions)[None]
    emitted = ops.transpose(emissions, (1, 0, 2))
    counts = ops.transpose(frames)[:, :, None]

    time = ops.arange(ops.shape(emissions)[1], dtype="int32")[:, None]
    begins = ops.where(time == 0, initial, NEVER)

    # Places, `(batch, minimum_duration · states)`: all first ones, all second ones, …
    places = ops.arange(last + states, dtype="int32")[None]
    stay = ops.tile(stays, (1, minimum_duration))
    here = ops.zeros_like(frames[:, :1], dtype="int32") + places
    start = ops.zeros_like(here, dtype="float32") + NEVER

    def forward(scores, inputs):
        emission, begin, frame = inputs
        ways = scores[:, last:, None] + onwards
        entered = ops.maximum(ops.max(ways, axis=1), begin)
        origin = ops.cast(ops.argmax(ways, axis=1), "int32") + last
        stayed = scores + stay
        # Every place is reached from the one before it, or from itself.
        new = ops.concatenate([entered, stayed[:, :last]], 1)
        taken = ops.concatenate([origin, here[:, :last]], 1)
        longer = stayed > new
        new = ops.where(longer, stayed, new)
        new = new + ops.tile(emission, (1, minimum_duration))
        taken = ops.where(longer, here, taken)
        return ops.where(frame, new, scores), ops.where(frame, taken, here)

    scores, taken = scan(forward, start, (emitted, begins, counts))
    ends = scores[:, last:] + final
    score = ops.max(ends, axis=1)
    state = ops.cast(ops.argmax(ends, axis=1), "int32")[:, None] + last

    def backward(state, taken):
        return ops.take_along_axis(taken, state, axis=1), state[:, 0]

    _, path = scan(backward, state, taken, reverse=True)
    path = ops.transpose(path) % states
    score = ops.where(frames[:, 0], score, 0.0)
    real = frames & (score > NO_PATH)[:, None]
    return ops.where(real, path, -1), score
