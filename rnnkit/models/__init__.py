"""Whole models: `keras.Model` subclasses with their own loss, metrics and decoding."""

from rnnkit.models.continuous_cache import ContinuousCache as ContinuousCache
from rnnkit.models.ctc_decoder import Transcription as Transcription
from rnnkit.models.ctc_model import CTCModel as CTCModel
from rnnkit.models.ctc_stream import CTCStream as CTCStream
from rnnkit.models.dynamic_evaluation import DynamicEvaluation as DynamicEvaluation
from rnnkit.models.language_model import LanguageModel as LanguageModel
from rnnkit.models.nplm import NPLM as NPLM
from rnnkit.models.scores import Scores as Scores
from rnnkit.models.seq2seq import Seq2Seq as Seq2Seq
from rnnkit.models.seq2seq_writing import Written as Written
from rnnkit.models.training import LossError as LossError
from rnnkit.models.word_vectors import WordVectors as WordVectors
