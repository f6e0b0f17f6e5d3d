"""Dates in many languages: one meaning each, and no day in two parts."""

import datetime
import sys

import pytest

from rnnkit.data import load_dates
from rnnkit.data.dates import FORMATS, LOCALES

dates = pytest.importorskip("babel.dates", reason="needs babel")


def test_no_day_is_in_two_parts():
    parts = load_dates(20_000, 1_000)
    assert [len(pairs) for pairs in parts.values()] == [20_000, 1_000, 1_000]
    train, valid, test = (set(pairs.targets) for pairs in parts.values())
    assert len(train | valid | test) == len(train) + len(valid) + len(test)
    assert all("1900-01-01" <= day <= "2099-12-31" for day in train | valid | test)


def test_the_seed_decides():
    one, same, other = (load_dates(50, 5, seed) for seed in (0, 0, 1))
    assert one == same
    assert one["train"] != other["train"]
    # More pairs are of the same days' parts.
    more = load_dates(5_000, 500)
    assert not set(more["train"].targets) & set(one["test"].targets)


def test_a_date_means_the_same_in_all_languages():
    """Every day of a leap year, in every language and format: none is two days."""
    meant = {}
    for number in range(366):
        day = datetime.date(2008, 1, 1) + datetime.timedelta(number)
        for locale in LOCALES:
            for form in FORMATS:
                text = dates.format_date(day, form, locale)
                assert meant.setdefault(text, day) == day, (text, locale)


def test_every_language_and_format_is_drawn():
    pairs = load_dates(2_000, 10)["train"]
    drawn = dict(zip(pairs.targets, pairs.sources))
    counts = dict.fromkeys([(x, y) for x in LOCALES for y in FORMATS], 0)
    for day, text in drawn.items():
        day = datetime.date.fromisoformat(day)
        for locale, form in counts:
            counts[locale, form] += dates.format_date(day, form, locale) == text
    assert min(counts.values()) > 5


def test_an_unknown_language_is_told():
    with pytest.raises(ValueError, match=r"no such language: .*xx"):
        load_dates(1, 1, locales=["de", "xx"])


def test_without_babel_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(ImportError, match="pip install babel"):
        load_dates()
