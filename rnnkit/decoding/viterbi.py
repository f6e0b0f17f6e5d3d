"""The most probable path through a hidden Markov model."""

from typing import NamedTuple

from keras import ops

from rnnkit.lattice import ctc as lattice
from rnnkit.lattice import hmm
from rnnkit.ops import traced


class BestPath(NamedTuple):
    """The most probable path; -1 beyond a length, and where there is no path."""

    states: object  # one a frame, int32 (batch, time)
    score: object  # its log-probability, (batch,); below -1e29: no path


def viterbi(
    log_emissions,
    log_transitions,
    log_initial=None,
    log_final=None,
    lengths=None,
    minimum_duration=1,
):
    """Find the most probable path of states.

        score = log_initial(s_1) + Σ_t log_emissions(t, s_t)
                + Σ_{t>1} log_transitions(s_{t-1}, s_t) + log_final(s_T)

    over all paths on which every run of a state lasts `minimum_duration` frames or
    more. The logarithms need not be of probabilities; minus infinity forbids.

    Args:
        log_emissions: `(batch, time, states)`.
        log_transitions: From row to column, `(states, states)`.
        log_initial: Of the first state, `(states,)`; by default zeros.
        log_final: Of the last state, `(states,)`; by default zeros.
        lengths: Frames of each row, integers `(batch,)`; by default all.
        minimum_duration: Frames.

    Returns:
        `BestPath`. A row without frames has the score 0.

    Raises:
        ValueError: Sizes do not fit together, or `minimum_duration` is not positive.

    Reference: [Viterbi, 1967](https://doi.org/10.1109/TIT.1967.1054010)
    """
    emissions = ops.cast(ops.convert_to_tensor(log_emissions), "float32")
    states = emissions.shape[-1]
    given = {
        "log_transitions": (log_transitions, (states, states)),
        "log_initial": (log_initial, (states,)),
        "log_final": (log_final, (states,)),
    }
    tables = []
    for name, (values, shape) in given.items():
        values = ops.zeros(shape) if values is None else ops.convert_to_tensor(values)
        if tuple(values.shape) != shape:
            raise ValueError(
                f"{name} must be {shape} for {states} states, got "
                f"{tuple(values.shape)}."
            )
        tables.append(ops.cast(values, "float32"))
    if minimum_duration < 1:
        raise ValueError(f"minimum_duration must be 1 or more: {minimum_duration!r}.")
    if emissions.shape[1] == 0:
        raise ValueError("log_emissions has no frame: give one, and a length of 0.")
    frames = lattice.frames_of(emissions, lengths)
    run = traced(hmm.best_path)
    found = run(states, emissions, *tables, frames, int(minimum_duration))
    return BestPath(*found)
