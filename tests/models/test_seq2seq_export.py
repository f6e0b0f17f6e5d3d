"""Exported models of pairs, run by a process that does not have rnnkit."""

import json
import subprocess
import sys

import numpy as np
import pytest

from rnnkit.data import SentencePieceTokenizer, WordPieceTokenizer, WordTokenizer
from rnnkit.layers import GRU, Bidirectional
from rnnkit.models import Seq2Seq
from tests.models.turned_words import attentive

TEXTS = ["The cat sat on the mat.", "Die rote Katze – dort!", "猫は座った。"] * 3
SOURCES = ["the cat sat", "DIE  Katze!", "猫 on θ"]

SERVE = """
import json, sys
import tensorflow as tf
{}
found = []
for folder in sys.argv[2:]:
    serve = tf.saved_model.load(folder).signatures["serving_default"]
    both = serve(source=tf.constant(json.loads(sys.argv[1])))
    text = [[t.decode() for t in texts] for texts in both["text"].numpy()]
    found.append([text, both["score"].numpy().tolist()])
print(json.dumps(found))
assert "rnnkit" not in sys.modules
"""


def served_as_translated(models, folder, sources, more=""):
    """Exported, and run by a process with nothing but TensorFlow and `more`, models
    give the texts and scores of `translate`."""
    paths = [folder / str(k) for k in range(len(models))]
    for model, path in zip(models, paths):
        model.export(path, n_best=3, length_penalty="average")
    program = SERVE.format(more)
    command = [sys.executable, "-c", program, json.dumps(sources), *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    for model, (text, score) in zip(models, json.loads(done.stdout.splitlines()[-1])):
        expected = model.translate(
            sources, n_best=3, details=True, length_penalty="average"
        )
        assert text == [[one.text for one in ones] for ones in expected]
        scores = [[one.score for one in ones] for ones in expected]
        np.testing.assert_allclose(score, scores, atol=1e-4)


def sure_of_itself(tokenizer):
    """So much that no rounding matters."""
    encoder = [Bidirectional(GRU(8))]
    model = Seq2Seq(tokenizer, tokenizer, encoder, attentive(), embedding_dim=7)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


@pytest.mark.slow
def test_the_exported_model_runs_where_only_tensorflow_is(tmp_path):
    model = sure_of_itself(WordTokenizer.train(TEXTS))
    served_as_translated([model], tmp_path, SOURCES)


@pytest.mark.slow
def test_exported_pieces_run_where_tensorflow_text_is(tmp_path):
    tokenizers = [
        SentencePieceTokenizer.train(TEXTS, 60),
        WordPieceTokenizer.train(TEXTS, 60, lowercase=True),
    ]
    models = [sure_of_itself(one) for one in tokenizers]
    served_as_translated(models, tmp_path, SOURCES, "import tensorflow_text")
