"""Language models that are counted, not learnt."""

from rnnkit.lm.interpolated import Interpolated as Interpolated
from rnnkit.lm.ngram import NGram as NGram
