"""What changes the log-probabilities of a search, one a file."""

from rnnkit.decoding.processors.banned_tokens import BannedTokens as BannedTokens
from rnnkit.decoding.processors.base import Processor as Processor
from rnnkit.decoding.processors.no_repeat_ngram import NoRepeatNGram as NoRepeatNGram
from rnnkit.decoding.processors.repetition_penalty import (
    RepetitionPenalty as RepetitionPenalty,
)
from rnnkit.decoding.processors.scorer_fusion import ScorerFusion as ScorerFusion
from rnnkit.decoding.processors.shallow_fusion import ShallowFusion as ShallowFusion
from rnnkit.decoding.processors.temperature import Temperature as Temperature
