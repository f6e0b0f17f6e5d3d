"""Tokenizers into pieces of words: WordPiece, and SentencePiece's two."""

import base64
import binascii
import collections
import functools
import io

from rnnkit.data.tokenizer import UNKNOWN, Tokenizer, cleaned, rows_of
from rnnkit.data.whole_tokenizers import join_words, split_words
from rnnkit.registration import export

_SPECIAL = ["[PAD]", "[UNK]", "[START]", "[END]"]


@export
class WordPieceTokenizer(Tokenizer):
    """Pieces of words, the longest first; see `Tokenizer` for ids and arguments.

    Words and punctuation are parted as in `WordTokenizer`, whose rules for white space
    and joiners hold here too. A word is cut from its beginning on, each time into the
    longest piece that is known; a piece within a word begins with `##`. A word that
    is not used up by that, or is of more than 100 bytes, is unknown as a whole.

    Reference: [Song et al., 2021](https://arxiv.org/abs/2012.15524)
    """

    symbol = "piece"

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase=False):
        """The tokenizer that tensorflow-text's trainer of WordPiece learns.

        It reads a list of the distinct words many times: a minute for 20,000.

        Args:
            texts: `str`, a list.
            vocabulary_size: Number of ids at most, the four special ones included; the
                trainer stops within 5 % of it, if there is as much to learn.
            lowercase: Whether texts are read in lower case.

        Raises:
            ValueError: A text is not UTF-8, or there is no word.
        """
        from tensorflow_text.tools.wordpiece_vocab import (
            wordpiece_tokenizer_learner_lib as learner,
        )

        counts = collections.Counter()
        for row in rows_of(lambda s: split_words(cleaned(s, lowercase)), texts):
            counts.update(word.decode() for word in row)
        if not counts:
            raise ValueError("The texts hold no word to learn pieces from.")
        # What stands this often in all words together cannot fill the vocabulary.
        often = sum(len(word) * count for word, count in counts.items())
        pieces = learner.learn(
            list(counts.items()),
            vocabulary_size,
            _SPECIAL,
            lower_thresh=2,
            upper_thresh=max(2, often // vocabulary_size),
        )
        return cls(pieces[len(_SPECIAL) : vocabulary_size], lowercase)

    def _split(self, strings):
        return self._cutter.tokenize(split_words(strings)).merge_dims(1, 2)

    def _join(self, tokens):
        import tensorflow as tf

        text = tf.strings.reduce_join(tokens, axis=-1, separator=" ")
        return join_words(tf.strings.regex_replace(text, "(^| )##", ""))

    @functools.cached_property
    def _cutter(self):
        import tensorflow as tf
        import tensorflow_text as tf_text

        with tf.init_scope(), tf.device("CPU"):
            return tf_text.FastWordpieceTokenizer(
                [*_SPECIAL, *self.tokens],
                token_out_type=tf.string,
                unknown_token=_SPECIAL[self.unknown],
                no_pretokenization=True,
            )


@export
class SentencePieceTokenizer(Tokenizer):
    """Pieces of text by SentencePiece, unigram or byte-pair; see `Tokenizer` for ids.

    Before they are cut, texts are normalized: to Unicode's NFKC, white space to single
    spaces, none at the ends, and control characters are dropped. `decode(encode(text))`
    is the text so normalized, where every character is known; "▁" (U+2581), which
    stands for a space within pieces, becomes one. Spaces are not needed: a language
    without them is cut like any other.

    Args:
        proto: The trained model as SentencePiece writes it, `bytes`, or those in
            base64, `str`. Its ids of padding, unknown, start and end are 0 to 3, as
            keras-nlp's trainer numbers them.
        lowercase: As in `Tokenizer`.

    Raises:
        ValueError: It is no such model.

    Reference: [Kudo and Richardson, 2018](https://arxiv.org/abs/1808.06226)
    """

    symbol = "piece"

    def __init__(self, proto, lowercase=False):
        if isinstance(proto, str):
            try:
                proto = base64.b64decode(proto)
            except binascii.Error as error:
                raise ValueError(
                    f"This is no model of SentencePiece: {error}"
                ) from error
        self.proto = proto
        super().__init__(self._pieces(), lowercase)

    @classmethod
    def train(
        cls,
        texts,
        vocabulary_size,
        model_type="unigram",
        character_coverage=1.0,
        lowercase=False,
    ):
        """The tokenizer that SentencePiece learns from some texts.

        Args:
            texts: `str`, a list. Those of more than 4,192 bytes are passed over.
            vocabulary_size: Number of ids at most, the four special ones included.
            model_type: `"unigram"`, the pieces that make the texts most probable
                ([Kudo, 2018](https://arxiv.org/abs/1804.10959)), or `"bpe"`, byte-pair
                encoding: the most frequent pair becomes a piece, again and again
                ([Sennrich et al., 2016](https://arxiv.org/abs/1508.07909)).
            character_coverage: Share of the characters in the texts that are known;
                the rarest are not. For Chinese or Japanese, 0.9995.
            lowercase: Whether texts are read in lower case.

        Raises:
            ImportError: sentencepiece is not installed.
            ValueError: A text is not UTF-8, or there is less to learn, or more
                characters, than `vocabulary_size`; says so in SentencePiece's words.
        """
        try:
            import sentencepiece
        except ImportError as error:
            raise ImportError(
                "To train it: pip install sentencepiece. What was trained needs "
                "tensorflow-text alone."
            ) from error
        if model_type not in ("unigram", "bpe"):
            raise ValueError(f'model_type is "unigram" or "bpe", not {model_type!r}.')
        texts = rows_of(lambda s: _in_rows(cleaned(s, lowercase)), texts)
        if not any(text[0].strip() for text in texts):
            raise ValueError("The texts hold nothing to learn pieces from.")
        model = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=(text[0] for text in texts),
                model_writer=model,
                model_type=model_type,
                character_coverage=character_coverage,
                vocab_size=vocabulary_size,
                hard_vocab_limit=False,
                pad_id=cls.padding,
                unk_id=cls.unknown,
                bos_id=cls.start,
                eos_id=cls.end,
                minloglevel=2,
            )
        except RuntimeError as error:
            raise ValueError(
                f"SentencePiece cannot learn {vocabulary_size} pieces from these "
                f"{len(texts):,} texts: {error}"
            ) from error
        return cls(model.getvalue(), lowercase)

    def names(self, ids):
        """Ids `(n,)` → the pieces, `▁` where a word begins."""
        every = ["", UNKNOWN, "", "", *self.tokens]
        return [every[i] for i in ids]

    def get_config(self):
        proto = base64.b64encode(self.proto).decode("ascii")
        return {"proto": proto, "lowercase": self.lowercase}

    def _split(self, strings):
        return self._functions[0](strings)

    def _join(self, tokens):
        return self._functions[1](tokens)

    @functools.cached_property
    def _functions(self):
        """Text to pieces, pieces to text.

        Each makes the model that it runs inside itself. One made outside is lost when
        a seed is set, which drops what TensorFlow keeps of operations run before.
        """
        import tensorflow as tf

        def split(strings):
            return self._model().tokenize(strings)

        def join(tokens):
            return self._model().detokenize(tokens)

        ragged = tf.RaggedTensorSpec([None, None], tf.string)
        return (
            tf.function(split, [tf.TensorSpec([None], tf.string)], autograph=False),
            tf.function(join, [ragged], autograph=False),
        )

    def _model(self):
        import tensorflow as tf
        import tensorflow_text as tf_text

        return tf_text.SentencepieceTokenizer(self.proto, out_type=tf.string)

    def _pieces(self):
        """All pieces but the special ones, in the order of their ids."""
        import tensorflow as tf

        special = ["<pad>", "<unk>", "<s>", "</s>"]
        try:
            model = self._model()
            names = model.id_to_string(tf.range(model.vocab_size())).numpy()
            names = [name.decode() for name in names]
        except tf.errors.OpError as error:
            raise ValueError(f"This is no model of SentencePiece: {error}") from error
        if names[:4] != special:
            raise ValueError(
                f"The model's first ids are {names[:4]}, and not {special}: train it "
                "with pad_id=0, unk_id=1, bos_id=2, eos_id=3."
            )
        return names[4:]


def _in_rows(strings):
    """Strings `(batch,)` → ragged `(batch, 1)`."""
    import tensorflow as tf

    return tf.RaggedTensor.from_tensor(strings[:, None])
