"""What a search is told besides the network's scores: language, words, names."""

from rnnkit.decoding.scorers.base import Scorer as Scorer
from rnnkit.decoding.scorers.hot_words import HotWords as HotWords
from rnnkit.decoding.scorers.lexicon import Lexicon as Lexicon
from rnnkit.decoding.scorers.symbol_ngram import SymbolNGram as SymbolNGram
