"""Whole models: `keras.Model` subclasses with their own loss, metrics and decoding."""

from rnnkit.models.language_model import LanguageModel as LanguageModel
from rnnkit.models.training import LossError as LossError
