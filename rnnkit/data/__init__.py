"""Text, speech and data sets: vocabularies, streams, sources, recordings, downloads."""

from rnnkit.data import tasks as tasks
from rnnkit.data.counted_words import CountedWords as CountedWords
from rnnkit.data.datasets import load as load
from rnnkit.data.dates import load_dates as load_dates
from rnnkit.data.detokenized import detokenized as detokenized
from rnnkit.data.docstrings import docstrings as docstrings
from rnnkit.data.examples import Examples as Examples
from rnnkit.data.line_images import load_archiscribe as load_archiscribe
from rnnkit.data.line_images import load_primus as load_primus
from rnnkit.data.mnist import load_mnist as load_mnist
from rnnkit.data.named_vectors import NamedVectors as NamedVectors
from rnnkit.data.pair_batches import PairBatches as PairBatches
from rnnkit.data.pairs import Pairs as Pairs
from rnnkit.data.pairs import read_pairs as read_pairs
from rnnkit.data.piece_tokenizers import (
    SentencePieceTokenizer as SentencePieceTokenizer,
)
from rnnkit.data.piece_tokenizers import WordPieceTokenizer as WordPieceTokenizer
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
from rnnkit.data.stories import Question as Question
from rnnkit.data.stories import load_babi as load_babi
from rnnkit.data.text_streams import TextStreams as TextStreams
from rnnkit.data.text_streams import text_streams as text_streams
from rnnkit.data.tokenizer import Tokenizer as Tokenizer
from rnnkit.data.tokens import Tokens as Tokens
from rnnkit.data.translation import load_fra_eng as load_fra_eng
from rnnkit.data.translation import load_multi30k as load_multi30k
from rnnkit.data.translation import load_tanaka as load_tanaka
from rnnkit.data.vocabulary import Characters as Characters
from rnnkit.data.vocabulary import Vocabulary as Vocabulary
from rnnkit.data.waves import read_recordings as read_recordings
from rnnkit.data.waves import read_wav as read_wav
from rnnkit.data.whole_tokenizers import CharacterTokenizer as CharacterTokenizer
from rnnkit.data.whole_tokenizers import WordTokenizer as WordTokenizer
from rnnkit.data.word2vec_files import read_word2vec as read_word2vec
from rnnkit.data.word2vec_files import write_word2vec as write_word2vec
from rnnkit.data.word_tasks import AnalogyScore as AnalogyScore
from rnnkit.data.word_tasks import LikenessScore as LikenessScore
from rnnkit.data.word_tasks import analogy_score as analogy_score
from rnnkit.data.word_tasks import likeness_score as likeness_score
from rnnkit.data.word_tasks import read_analogies as read_analogies
from rnnkit.data.word_tasks import read_likeness as read_likeness
from rnnkit.data.word_texts import load_words as load_words
from rnnkit.data.word_texts import sentences_of as sentences_of
from rnnkit.data.word_windows import WordWindows as WordWindows
from rnnkit.data.words import Words as Words
from rnnkit.lm import NGram as NGram
