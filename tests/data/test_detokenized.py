"""Words and signs that spaces part, written as in print."""

import pytest

from rnnkit.data import Words, detokenized


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("example ( ) of ( a , b )", "example () of (a, b)"),
        ('so " ( " is one , and " x " too', 'so "(" is one, and "x" too'),
        ("\" he said : ' no ' \" !", "\"he said: 'no'\"!"),
        ("the rest ... { x : [ 1 ] } ; why ?", "the rest... {x: [1]}; why?"),
        # As the Penn Treebank has it.
        ("they do n't say it 's the students '", "they don't say it's the students'"),
        ("`` well , '' he said , `` I 'd go . ''", '"well," he said, "I\'d go."'),
        ("-LRB- N % of $ N million -RRB-", "(N% of $N million)"),
        ("they did n’t , it ’s “ so ”", "they didn’t, it’s “so”"),
        # Of code: not a Treebank's quotes, nor a share.
        ("see `` x . y `` or ` z `", "see ``x. y`` or `z`"),
        ("x % y , '' and \"\" are empty", "x % y, '' and \"\" are empty"),
        # A quote that is alone stays; one that is left open ends with the one around.
        ('a " b', 'a " b'),
        ("\" a ' b \" c '", "\"a 'b\" c'"),
        ("<unk> 's - a / b <unk>", "<unk>'s - a / b <unk>"),
        (", to begin with .", ", to begin with."),
        ('a " b\nc " d .\n\n e ,\n', 'a " b\nc " d.\n\ne,\n'),
        ("", ""),
    ],
)
def test_it_is_written_as_in_print(given, written):
    assert detokenized(given) == written


def test_a_vocabulary_stays_exact():
    """`decode` gives back what was encoded; to make it readable is another's work."""
    text = 'he did n\'t say " no " .\n'
    words = Words.of(text)
    assert words.decode(words.encode(text)) == text
    assert detokenized(words.decode(words.encode(text))) == 'he didn\'t say "no".\n'
