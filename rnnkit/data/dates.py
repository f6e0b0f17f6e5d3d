"""Dates as people write them, in many languages, and the same in ISO 8601."""

import datetime

import numpy as np

from rnnkit.data.pairs import Pairs

# No text is two dates in two of them, as a test finds; so try what is added.
LOCALES = (
    "cs",
    "da",
    "de",
    "el",
    "en_GB",
    "en_US",
    "es",
    "fi",
    "fr",
    "hu",
    "it",
    "ja",
    "ko",
    "nb",
    "nl",
    "pl",
    "pt_BR",
    "ro",
    "ru",
    "sv",
    "tr",
    "zh",
)
# The short one is left out: 3/5/08 is another day in London than in New York.
FORMATS = ("medium", "long", "full")
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)


def load_dates(examples=20_000, held_out=1_000, seed=0, locales=LOCALES):
    """Dates as people write them and as ISO 8601 does: "5 mars 2008", "2008-03-05".

    Days of 1900 to 2099 in the medium, long and full format of many languages, as
    Babel knows them. Nothing is downloaded. Of all days 5 % are of the validation and
    5 % of the test, so that no day is in two parts, in whatever language.

    Args:
        examples: Pairs to learn from.
        held_out: Pairs of the validation, and of the test.
        seed: Of the draws.
        locales: Names of languages as Babel has them, such as `"pt_BR"`.

    Returns:
        `{"train": Pairs, "valid": Pairs, "test": Pairs}`. Texts may differ between
        versions of Babel, days and languages do not.

    Raises:
        ImportError: Babel is not installed.
        ValueError: Babel knows no such language.

    Source: Unicode's Common Locale Data Repository, through https://babel.pocoo.org
    """
    try:
        from babel import Locale, UnknownLocaleError
    except ImportError as error:
        raise ImportError("Dates are written by Babel: pip install babel.") from error
    try:
        languages = [Locale.parse(name) for name in locales]
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"Babel has no such language: {error}.") from error
    rng = np.random.default_rng(seed)
    days = rng.permutation((LAST - FIRST).days + 1)
    cuts = np.array([0.9, 0.95]) * len(days)
    train, valid, test = np.split(days, cuts.astype(int))
    return {
        "train": _drawn(rng, train, examples, languages),
        "valid": _drawn(rng, valid, held_out, languages),
        "test": _drawn(rng, test, held_out, languages),
    }


def _drawn(rng, days, count, languages):
    from babel.dates import format_date

    days = rng.choice(days, count)
    chosen = rng.integers(len(languages), size=count)
    formats = rng.integers(len(FORMATS), size=count)
    dates = [FIRST + datetime.timedelta(int(day)) for day in days]
    sources = (
        format_date(date, FORMATS[form], languages[language])
        for date, form, language in zip(dates, formats, chosen)
    )
    return Pairs(tuple(sources), tuple(date.isoformat() for date in dates))
