"""Losses that Keras does not have, or has with defects."""

from rnnkit.losses.coverage import coverage_loss as coverage_loss
from rnnkit.losses.ctc import CTC as CTC
from rnnkit.losses.ctc import ctc_loss as ctc_loss
from rnnkit.losses.sequence_divergence import SequenceDivergence as SequenceDivergence
from rnnkit.losses.sequence_divergence import aligned_targets as aligned_targets
from rnnkit.losses.sequence_divergence import (
    sequence_divergence as sequence_divergence,
)
from rnnkit.losses.token_crossentropy import TokenCrossentropy as TokenCrossentropy
