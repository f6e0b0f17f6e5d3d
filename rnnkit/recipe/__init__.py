"""What recipes share: the command line, the run's folder, training, baselines."""

from rnnkit.recipe.baselines import bz2_bits as bz2_bits
from rnnkit.recipe.baselines import text_baselines as text_baselines
from rnnkit.recipe.baselines import xz_bits as xz_bits
from rnnkit.recipe.config import parse as parse
from rnnkit.recipe.config import run_name as run_name
from rnnkit.recipe.ending import report as report
from rnnkit.recipe.examples import digest as digest
from rnnkit.recipe.examples import hold_out as hold_out
from rnnkit.recipe.examples import text_digest as text_digest
from rnnkit.recipe.examples import tone_words as tone_words
from rnnkit.recipe.layers import recurrent_layer as recurrent_layer
from rnnkit.recipe.loading import loaded as loaded
from rnnkit.recipe.ngram import CharNGram as CharNGram
from rnnkit.recipe.once import Once as Once
from rnnkit.recipe.reading import reading_ways as reading_ways
from rnnkit.recipe.reading import tuned as tuned
from rnnkit.recipe.run import Run as Run
from rnnkit.recipe.training import adam as adam
from rnnkit.recipe.training import resume as resume
from rnnkit.recipe.training import train as train
from rnnkit.recipe.training import train_ctc as train_ctc
