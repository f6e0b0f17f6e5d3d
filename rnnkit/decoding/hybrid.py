"""From a network's posteriors to phones, by a hidden Markov model."""

from typing import NamedTuple

import numpy as np
from keras import ops

from rnnkit.decoding.ctc_greedy import merge_repeats
from rnnkit.decoding.viterbi import viterbi
from rnnkit.lm.scoring import BEGIN, END
from rnnkit.ops.tracing import known


class HybridTranscript(NamedTuple):
    """What was read; `(batch, time)` each, -1 after the last symbol."""

    symbols: object
    starts: object  # first frame
    ends: object  # the frame after the last
    lengths: object  # number of symbols, (batch,)
    path: object  # the symbol of each frame, -1 beyond the length
    score: object  # log-score of the path, (batch,); below -1e29: no path


class Bigram(NamedTuple):
    """Which symbol follows which: log-probabilities, float32."""

    transitions: object  # of the column after the row, (symbols, symbols)
    initial: object  # at the beginning, (symbols,)
    final: object  # of the end after it, (symbols,)


def bigram_table(ngram, symbols):
    """The log-probabilities of a `rnnkit.lm.NGram` of order 2, written out.

    Args:
        ngram: The model; of a longer one only what it says after one symbol is used.
        symbols: The symbols in the order of their ids.

    Returns:
        `Bigram`.
    """
    rows = [[ngram.log_prob(s, [before]) for s in symbols] for before in symbols]
    initial = [ngram.log_prob(s, [BEGIN]) for s in symbols]
    final = [ngram.log_prob(END, [s]) for s in symbols]
    return Bigram(*(np.array(x, "float32") for x in (rows, initial, final)))


def hybrid_decode(
    log_posteriors,
    log_priors,
    bigram,
    lengths=None,
    *,
    mean_durations=None,
    minimum_duration=1,
    prior_weight=1.0,
    lm_weight=1.0,
    bonus=0.0,
):
    """Read symbols off posteriors: the best path of a hybrid of network and HMM.

        log p(x_t | s) = log p(s | x_t) - prior_weight · log p(s) + constant
        log p(s → s) = log(1 - 1/d_s)
        log p(r → s) = log(1/d_r) + lm_weight · log p(s | r) + bonus

    The states are the symbols. By Bayes' rule posteriors divided by priors are
    likelihoods but for a factor, the same for all; d are mean durations. A symbol
    does not follow itself: the diagonal of the bigram is not read.

    Args:
        log_posteriors: `(batch, time, symbols)`.
        log_priors: Log of each symbol's share of the frames, `(symbols,)`.
        bigram: `Bigram`, or a tuple like it.
        lengths: Frames of each row, integers `(batch,)`; by default all.
        mean_durations: d, frames, `(symbols,)`, 1 or more; by default to stay and to
            leave cost nothing.
        minimum_duration: Frames that a symbol lasts at least.
        prior_weight: 1 is Bayes' rule; less trusts the network's own priors.
        lm_weight: Of the bigram.
        bonus: What each symbol after the first gains, nats; below zero a penalty.

    Returns:
        `HybridTranscript`.

    Raises:
        ValueError: Sizes do not fit together, or a mean duration is below 1.

    Reference: [Robinson, 1994](https://doi.org/10.1109/72.279192)
    """
    posteriors = ops.cast(ops.convert_to_tensor(log_posteriors), "float32")
    priors = ops.cast(ops.convert_to_tensor(log_priors), "float32")
    symbols = posteriors.shape[-1]
    if tuple(priors.shape) != (symbols,):
        raise ValueError(
            f"log_priors must be {(symbols,)} for posteriors of {symbols} symbols, got "
            f"{tuple(priors.shape)}."
        )
    transitions, initial, final = (
        lm_weight * ops.cast(ops.convert_to_tensor(x), "float32") for x in bigram
    )
    stays = ops.zeros(symbols)
    if mean_durations is not None:
        durations = ops.cast(ops.convert_to_tensor(mean_durations), "float32")
        at_hand = known(durations)
        short = at_hand is not None and not (at_hand >= 1).all()
        if tuple(durations.shape) != (symbols,) or short:
            raise ValueError(
                f"mean_durations must be {symbols} numbers of frames, 1 or more, got "
                f"{mean_durations!r}."
            )
        leaves = 1 / durations
        stays = ops.log(1 - leaves)
        transitions = transitions + ops.log(leaves)[:, None]
        final = final + ops.log(leaves)
    itself = ops.eye(symbols, dtype="bool")
    transitions = ops.where(itself, stays, transitions + bonus)
    emissions = posteriors - prior_weight * priors
    path, score = viterbi(
        emissions, transitions, initial, final, lengths, minimum_duration
    )
    frames = ops.sum(ops.cast(path >= 0, "int32"), axis=1)
    return HybridTranscript(*merge_repeats(path, frames), path, score)
