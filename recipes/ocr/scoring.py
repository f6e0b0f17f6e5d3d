"""How sure a reader is, whether it is right to be, and what it cannot know."""

import jiwer
import numpy as np


def confidence(found):
    """Return the log-probability of each reading in nats a symbol."""
    return np.array([one.score / max(len(one.symbols), 1) for one in found])


def halves(truth, read, sure):
    """Return the character error of the surer half of the lines, and of the other."""
    order = np.argsort(-sure, kind="stable")
    middle = len(order) // 2
    parts = {"the surer half": order[:middle], "the other half": order[middle:]}
    return {
        f"character error, greedy, {name}": jiwer.cer(
            [truth[k] for k in part], [read[k] for k in part]
        )
        for name, part in parts.items()
    }


def unknown(train, test):
    """Return how much of the test texts the training texts do not have."""
    characters = set("".join(train))
    words = {word for text in train for word in text.split()}
    tested = [word for text in test for word in text.split()]
    return {
        "test characters unknown in training": sum(
            letter not in characters for text in test for letter in text
        ),
        "share of test words outside the lexicon": float(
            np.mean([word not in words for word in tested])
        ),
    }
