"""Words with a space between all, written as in print."""

import re

_LEFT = re.compile(r"[,.;:!?…)\]}]+|n['’]t|['’](s|re|ve|ll|d|m|t)", re.IGNORECASE)
_RIGHT = re.compile(r"[(\[{$£€¿¡]+")
_NUMBER = re.compile(r"N|.*\d")
_ENDS = {
    **{'"': '"', "'": "'", "`": "`", "``": ("''", "``")},
    **{"“": "”", "„": "“", "‘": "’"},
}  # what may end a quote, by what begins it
_BRACKETS = {"-lrb-": "(", "-rrb-": ")", "-lcb-": "{", "-rcb-": "}"}


def detokenized(text):
    r"""A text whose words and signs spaces part, as it is to be read.

        he did n't say " no " ( yet ) .  →  he didn't say "no" (yet).

    Signs move to the word on their left, an opening bracket and the sign of a currency
    to the one on their right, and quotes to what stands between them. A quote that has
    no other in its line stays where it is; one that may be an apostrophe moves to the
    left. As in the Penn Treebank n't and 's are words, -lrb- is a bracket, and `` and
    '' are quotes. Lines stay lines.

    It is for the eye: a vocabulary cuts what it returns into other words, so that a
    model is to be asked for `score` before.

    Args:
        text: `str`, such as `LanguageModel.generate` gives with `Words`.
    """
    return "\n".join(_line(line.split()) for line in text.split("\n"))


def _line(words):
    written, ends, tight = "", [], True  # tight: no space before what comes
    for place, word in enumerate(words):
        word = _BRACKETS.get(word.lower(), word)
        left, right = _LEFT.fullmatch(word), _RIGHT.fullmatch(word)
        if word in ends:
            del ends[ends.index(word) :]
            left, word = True, '"' if word == "''" else word
        elif end := _end(words, place):
            ends.append(end)
            right, word = True, '"' if end == "''" else word
        elif word in ("'", "’"):
            left = True
        elif word == "%":
            left = place and _NUMBER.fullmatch(words[place - 1])
        written += word if left or tight else f" {word}"
        tight = right
    return written


def _end(words, place):
    """What ends the quote that begins at a place; None where nothing does."""
    ends = _ENDS.get(words[place], ())
    later = range(place + 1, len(words)) if ends else ()
    return next((words[k] for k in later if words[k] in ends), None)
