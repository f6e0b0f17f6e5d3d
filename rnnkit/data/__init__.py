"""Text, speech and data sets: vocabularies, streams, sources, recordings, downloads."""

from rnnkit.data.datasets import load as load
from rnnkit.data.examples import Examples as Examples
from rnnkit.data.line_images import load_archiscribe as load_archiscribe
from rnnkit.data.line_images import load_primus as load_primus
from rnnkit.data.sequence_batches import SequenceBatches as SequenceBatches
from rnnkit.data.sources import SourceText as SourceText
from rnnkit.data.sources import read_sources as read_sources
from rnnkit.data.sources import standard_library as standard_library
from rnnkit.data.spoken_features import an4_dictionary as an4_dictionary
from rnnkit.data.spoken_features import load_an4 as load_an4
from rnnkit.data.spoken_features import load_festvox_ru as load_festvox_ru
from rnnkit.data.spoken_words import load_fsdd as load_fsdd
from rnnkit.data.spoken_words import load_speech_commands as load_speech_commands
from rnnkit.data.standardize import standardize_by as standardize_by
from rnnkit.data.text_streams import TextStreams as TextStreams
from rnnkit.data.text_streams import text_streams as text_streams
from rnnkit.data.tokens import Tokens as Tokens
from rnnkit.data.vocabulary import Characters as Characters
from rnnkit.data.vocabulary import Vocabulary as Vocabulary
from rnnkit.data.waves import read_recordings as read_recordings
from rnnkit.data.waves import read_wav as read_wav
from rnnkit.lm import NGram as NGram
