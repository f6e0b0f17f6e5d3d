"""The questions of the tasks, and what those answer who read next to nothing."""

import collections
import hashlib

import numpy as np
from answerers import words_of

import rnnkit
from rnnkit import recipe


def read_tasks(config):
    """Return `{number of the task: {part: questions}}` of train, valid and test."""
    if config.data == "walks":
        tasks = {1: {"train": walks(600, 0), "test": walks(200, 1)}}
    elif config.data == "babi":
        load = rnnkit.data.load_babi
        tasks = {task: recipe.loaded(load, task) for task in config.tasks}
    else:
        raise SystemExit(f"No data {config.data!r}; there are babi and walks.")
    for parts in tasks.values():
        parts["train"], parts["valid"] = held_out(parts["train"], config.held_out)
    return tasks


def held_out(questions, share):
    """Return the first questions and, about `share` of all, the last.

    No story is in both: what follows begins with a new one.
    """
    cut = round(len(questions) * (1 - share))
    while 0 < cut < len(questions) and follows(questions[cut], questions[cut - 1]):
        cut -= 1
    return questions[:cut], questions[cut:]


def follows(question, earlier):
    """Whether a question is asked later in the same story."""
    return question.story[: len(earlier.story)] == earlier.story


def walks(count, seed):
    """Return made-up questions: people walk from place to place; where is one?"""
    rng = np.random.default_rng(seed)
    people = ("Mary", "John", "Sandra")
    places = ("bathroom", "hallway", "garden", "office")
    found = []
    for _ in range(count):
        story, at = [], {}
        for _ in range(rng.integers(2, 7)):
            person, place = rng.choice(people), str(rng.choice(places))
            at[person] = place, len(story)
            story.append(f"{person} went to the {place}.")
        asked = rng.choice(list(at))
        answer, fact = at[asked]
        question = f"Where is {asked}?"
        found.append(rnnkit.data.Question(tuple(story), question, answer, (fact,)))
    return tuple(found)


def digest(tasks):
    """Return the sha256 of all the questions."""
    found = hashlib.sha256()
    for parts in tasks.values():
        found.update(repr([tuple(map(tuple, one)) for one in parts.values()]).encode())
    return found.hexdigest()


def vocabulary(parts):
    """Return the words of a task's training and held-out part, and their answers."""
    questions = parts["train"] + parts["valid"]
    texts = {text for one in questions for text in (*one.story, one.question)}
    words = sorted({word for text in texts for word in words_of(text)})
    return words, sorted({one.answer for one in questions})


def baselines(parts):
    """Return the share of right answers of two that do not read the story.

    The one always gives the most frequent answer; the other the most frequent one to
    questions in the same words, whatever their order.
    """
    common = collections.Counter(one.answer for one in parts["train"])
    (answer, _), *_ = common.most_common(1)
    by_words = collections.defaultdict(collections.Counter)
    for one in parts["train"]:
        by_words[frozenset(words_of(one.question))][one.answer] += 1
    right = {"the most frequent answer": 0, "the most frequent to the question": 0}
    for one in parts["test"]:
        counts = by_words.get(frozenset(words_of(one.question)), common)
        right["the most frequent answer"] += one.answer == answer
        right["the most frequent to the question"] += (
            one.answer == counts.most_common(1)[0][0]
        )
    return {name: count / len(parts["test"]) for name, count in right.items()}
