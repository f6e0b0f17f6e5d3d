"""Language models that are counted, not learnt."""

from rnnkit.lm.ngram import NGram as NGram
