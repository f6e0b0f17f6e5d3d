"""Text and data sets: vocabularies, streams for truncated BPTT, sources, downloads."""

from rnnkit.data.datasets import load as load
from rnnkit.data.sequence_batches import SequenceBatches as SequenceBatches
from rnnkit.data.sources import SourceText as SourceText
from rnnkit.data.sources import read_sources as read_sources
from rnnkit.data.sources import standard_library as standard_library
from rnnkit.data.standardize import standardize_by as standardize_by
from rnnkit.data.text_streams import TextStreams as TextStreams
from rnnkit.data.text_streams import text_streams as text_streams
from rnnkit.data.tokens import Tokens as Tokens
from rnnkit.data.vocabulary import Characters as Characters
from rnnkit.data.vocabulary import Vocabulary as Vocabulary
from rnnkit.lm import NGram as NGram
