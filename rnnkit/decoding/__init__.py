"""From scores to symbols. Knows `next_step(tokens, state)`, never a model."""

from rnnkit.decoding.beam_search import beam_search as beam_search
from rnnkit.decoding.ctc_beam import CTCBeamSearch as CTCBeamSearch
from rnnkit.decoding.ctc_beam import ctc_beam_search as ctc_beam_search
from rnnkit.decoding.ctc_greedy import ctc_greedy as ctc_greedy
from rnnkit.decoding.ctc_greedy import merge_repeats as merge_repeats
from rnnkit.decoding.forced_alignment import forced_align as forced_align
from rnnkit.decoding.generation import generate as generate
from rnnkit.decoding.hybrid import Bigram as Bigram
from rnnkit.decoding.hybrid import bigram_table as bigram_table
from rnnkit.decoding.hybrid import hybrid_decode as hybrid_decode
from rnnkit.decoding.hypotheses import Hypotheses as Hypotheses
from rnnkit.decoding.penalties import WuCoverage as WuCoverage
from rnnkit.decoding.penalties import WuLength as WuLength
from rnnkit.decoding.sampling import sample as sample
from rnnkit.decoding.sampling import temper as temper
from rnnkit.decoding.sampling import top_k as top_k
from rnnkit.decoding.sampling import top_p as top_p
from rnnkit.decoding.scorers import HotWords as HotWords
from rnnkit.decoding.scorers import Lexicon as Lexicon
from rnnkit.decoding.scorers import Scorer as Scorer
from rnnkit.decoding.scorers import SymbolNGram as SymbolNGram
from rnnkit.decoding.viterbi import viterbi as viterbi
