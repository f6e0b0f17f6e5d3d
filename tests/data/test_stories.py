"""bAbI: what was told before a question, and on what its answer rests."""

import pytest

from rnnkit.data import Question, load_babi, stories
from rnnkit.data.downloads import fingerprint
from rnnkit.data.stories import parse_babi
from tests.data.archives import archive

FILE = b"""1 Mary got the milk.
2 John went home.
3 Where is John? \thome\t2
4 Mary left.
5 What has Mary? \tmilk,nothing\t1 4
1 Emily is a wolf.
2 Is Emily a cat?\tno\t
"""


def test_a_story_is_what_was_told_before_the_question():
    told = ("Mary got the milk.", "John went home.", "Mary left.")
    assert parse_babi(FILE, "a") == (
        Question(told[:2], "Where is John?", "home", (1,)),
        Question(told, "What has Mary?", "milk,nothing", (0, 2)),
        Question(("Emily is a wolf.",), "Is Emily a cat?", "no", ()),
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"Mary left.", r"a:8: 'Mary left\.' is not a number and a text"),
        (b"3 Is she?\t\t1", "a:8: .* a part is missing"),
        (b"3 Is she?\tno\t7", "a:8: .* it rests on '7'"),
        (b"3 Is she?\tno\t2", "a:8: .* it rests on '2'"),  # itself a question
        (b"3 Is she?\tno\tone", "a:8: .* it rests on 'one'"),
        (b"3 Is \xff she?\tno\t1", "a:8 is not UTF-8"),
    ],
)
def test_a_bad_line_is_named(line, words):
    with pytest.raises(ValueError, match=words):
        parse_babi(FILE + line, "a")


def test_a_file_without_questions_is_told():
    for content in (b"", b"1 Mary left."):
        with pytest.raises(ValueError, match="a holds no question"):
            parse_babi(content, "a")


def test_a_task_that_there_is_not_is_told(tmp_path):
    with pytest.raises(ValueError, match="numbered 1 to 20, there is no 21"):
        load_babi(21)
    (tmp_path / stories.BABI.folder).mkdir(parents=True)
    with pytest.raises(ValueError, match=r"has no qa1_…_train\.txt"):
        load_babi(1, tmp_path)


def test_only_the_english_tasks_are_unpacked(tmp_path, monkeypatch):
    names = [
        f"tasks_1-20_v1-2/{d}/qa1_x-y_{p}.txt"
        for d, p in [("en", "train"), ("en", "test"), ("hn", "test")]
    ]
    where = tmp_path / "published.tgz"
    where.write_bytes(archive(dict.fromkeys([*names, "../x"], FILE)))
    folder = tmp_path / "as published"
    folder.mkdir()
    for name in names[:2]:
        (folder / name.rpartition("/")[2]).write_bytes(FILE)
    babi = stories.BABI.__class__(
        **{**vars(stories.BABI), "url": where.as_uri(), "sha256": fingerprint(folder)}
    )
    monkeypatch.setattr(stories, "BABI", babi)
    assert load_babi(1, tmp_path)["test"] == parse_babi(FILE, "a")
    found = {path.name for path in (tmp_path / babi.folder).iterdir()}
    assert found == {path.name for path in folder.iterdir()}


def test_babi(data_set):
    data_dir = data_set("babi_1k").parent
    assert fingerprint(data_dir / stories.BABI.folder) == stories.BABI.sha256
    for task in range(1, 21):
        for questions in load_babi(task, data_dir).values():
            assert len(questions) == 1000
            assert all(q.facts and q.answer for q in questions)
    first = load_babi(1, data_dir)["train"][1]
    assert first.question == "Where is Daniel?"
    assert first.story[first.facts[0]] == "Daniel went back to the hallway."
    # In task 1 the answer is a word of the supporting sentence.
    for q in load_babi(1, data_dir)["test"]:
        assert q.answer in q.story[q.facts[0]]
