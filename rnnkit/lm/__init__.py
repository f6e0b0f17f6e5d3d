"""Language models that are counted, not learnt."""

from rnnkit.lm.add_one import AddOne as AddOne
from rnnkit.lm.interpolated import Interpolated as Interpolated
from rnnkit.lm.ngram import NGram as NGram
