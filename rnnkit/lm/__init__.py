"""Language models that are counted, not learnt; and mixtures with those that are."""

from rnnkit.lm.add_one import AddOne as AddOne
from rnnkit.lm.counting import counted as counted
from rnnkit.lm.interpolated import Interpolated as Interpolated
from rnnkit.lm.mixtures import Mixture as Mixture
from rnnkit.lm.mixtures import mixed_log_probs as mixed_log_probs
from rnnkit.lm.mixtures import mixture_weights as mixture_weights
from rnnkit.lm.ngram import NGram as NGram
from rnnkit.lm.scoring import sentences_in as sentences_in
