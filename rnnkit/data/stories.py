"""Stories with questions about them: the bAbI tasks."""

import re
from typing import NamedTuple

from rnnkit.data.downloads import PublishedFolder
from rnnkit.data.pairs import lines_of

BABI = PublishedFolder(
    folder="babi_1k/tasks_1-20_v1-2/en",
    url="http://www.thespermwhale.com/jaseweston/babi/tasks_1-20_v1-2.tar.gz",
    terms="CC BY 3.0",
    member=r"tasks_1-20_v1-2/en/(qa\d+_[\w-]+_(?:train|test)\.txt)",
    files=40,
    bytes=5_897_887,
    sha256="e85d172b06076bf9e4e032dbe8eb26ef14d32649c515cfd6ae8b5c31db4e26ff",
)
_LINE = re.compile(r"(\d+) (.*)")


class Question(NamedTuple):
    """A question about a story.

    Attributes:
        story: The sentences told before it, a tuple of `str`.
        question: The question.
        answer: The answer; where it is several words, a comma is between them.
        facts: Places in `story` of the sentences from which the answer follows.
    """

    story: tuple
    question: str
    answer: str
    facts: tuple


def load_babi(task, data_dir=None):
    """A bAbI task in English: 1,000 questions to learn from and 1,000 of the test.

    Args:
        task: Its number, 1 to 20.
        data_dir: Folder that has, or gets, `babi_1k/tasks_1-20_v1-2/en/`. By default
            the one that the environment variable RNNKIT_DATA names, else
            `~/.cache/rnnkit`.

    Returns:
        `{"train": tuple of Question, "test": tuple of Question}`, in the order of the
        files. Questions asked at different places of one story follow each other.

    Raises:
        ValueError: No such task, a file cannot be read (names it and the line), or a
            download is not what was published.
        ConnectionError: The download failed; says where to put the files by hand.

    Terms: CC BY 3.0.
    Source: http://www.thespermwhale.com/jaseweston/babi/, an address not opened when
    it was written down here. What comes from it must have the sha256 of `BABI`,
    computed from a copy of the 40 files.
    Reference: [Weston et al., 2015](https://arxiv.org/abs/1502.05698)
    """
    if task not in range(1, 21):
        raise ValueError(f"bAbI's tasks are numbered 1 to 20, there is no {task!r}.")
    folder = BABI.locate(data_dir)
    parts = {}
    for part in ("train", "test"):
        found = sorted(folder.glob(f"qa{task}_*_{part}.txt"))
        if not found:
            raise ValueError(f"{folder} has no qa{task}_…_{part}.txt.")
        parts[part] = parse_babi(found[0].read_bytes(), found[0])
    return parts


def parse_babi(content, where):
    """Questions in the bytes of a file of bAbI's form.

    A line is a number, which begins again from 1 with every story, and a sentence, or
    a question, a tab, its answer, a tab and the numbers of the supporting lines.

    Args:
        content: `bytes`.
        where: The file's name, for errors.

    Returns:
        Tuple of `Question`.

    Raises:
        ValueError: A line is not as above; names file and line.
    """
    questions, story, places = [], [], {}
    for number, line in enumerate(lines_of(content, where), 1):
        numbered = _LINE.fullmatch(line)
        if not numbered:
            raise ValueError(f"{where}:{number}: {line!r} is not a number and a text.")
        place, text = int(numbered[1]), numbered[2]
        if place == 1:
            story, places = [], {}
        if "\t" not in text:
            places[place] = len(story)
            story.append(text.strip())
            continue
        question, answer, *support = (field.strip() for field in text.split("\t"))
        support = support[0].split() if support else []
        strange = [s for s in support if not s.isdigit() or int(s) not in places]
        if strange or not (question and answer):
            wrong = f"it rests on {strange[0]!r}" if strange else "a part is missing"
            raise ValueError(
                f"{where}:{number}: {line!r} is not a question, its answer and the "
                f"numbers of sentences before it: {wrong}."
            )
        facts = tuple(places[int(s)] for s in support)
        questions.append(Question(tuple(story), question, answer, facts))
    if not questions:
        raise ValueError(f"{where} holds no question.")
    return tuple(questions)
