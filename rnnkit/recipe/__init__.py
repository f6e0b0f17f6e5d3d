"""What recipes share: the command line, the run's folder, baselines."""

from rnnkit.recipe.baselines import bz2_bits as bz2_bits
from rnnkit.recipe.baselines import text_baselines as text_baselines
from rnnkit.recipe.baselines import xz_bits as xz_bits
from rnnkit.recipe.config import parse as parse
from rnnkit.recipe.config import run_name as run_name
from rnnkit.recipe.ngram import CharNGram as CharNGram
from rnnkit.recipe.run import Run as Run
