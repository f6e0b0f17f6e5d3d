"""Losses that Keras does not have, or has with defects."""

from rnnkit.losses.ctc import CTC as CTC
from rnnkit.losses.ctc import ctc_loss as ctc_loss
