"""N-gram language models: counted, smoothed, read from and written to ARPA files."""

import collections
import gzip
import itertools
import math
import os
import re
import zlib

from rnnkit.lm.counting import counted, totals_of
from rnnkit.lm.scoring import BEGIN, UNKNOWN, Scoring

_NEVER = -99.0  # what ARPA files write for the logarithm of nothing
_FALLBACK = (0.5, 1.0, 1.5)


class NGram(Scoring):
    """A backing-off n-gram model over words or any other strings.

        p(w | h) = the table's, where it has h w
        p(w | h) = backoff(h) * p(w | h without its first word), elsewhere

    Make one with `NGram.train` or `NGram.load`.

    Args:
        tables: For each order a dict of n-grams, tuples of words, to
            `(log10 p, log10 backoff)`.
    """

    def __init__(self, tables):
        self.tables = tables
        self.order = len(tables)
        self.vocabulary = [
            w for (w,) in tables[0] if w not in (BEGIN, UNKNOWN)
        ]  # what a sentence may go on with

    # Making one

    @classmethod
    def train(cls, sentences, order=3, vocabulary=None, smoothing="kneser_ney"):
        """Count and smooth: interpolated modified Kneser-Ney, or absolute discounting.

            p(w | h) = max(c(h w) - D(c), 0) / Σ_v c(h v) + γ(h) p(w | h')
            γ(h) = Σ_k D_k N_k(h) / Σ_v c(h v)

        `"kneser_ney"`: `c` are counts for the highest order and for what begins a
        sentence, elsewhere the number of different words in front; `D` is one discount
        for each of the counts 1, 2 and 3 or more. `"absolute"`: `c` are counts, and `D`
        is one for all. Every order has its own, by the numbers of n-grams that stand in
        the text once, twice and so on. Below the single words stands the uniform
        distribution. A sentence begins with `<s>` and ends with `</s>`.

        Args:
            sentences: Lists of words; or a text, a sentence a line, its words parted by
                spaces. An empty one is its end alone.
            order: The longest n-gram.
            vocabulary: Words to keep; the others become `<unk>`. None keeps all.
            smoothing: `"kneser_ney"` or `"absolute"`.

        Raises:
            ValueError: `order` is not positive; there is no sentence, or one is no
                list of words or has `<s>` or `</s>` in it; `vocabulary` is a text; or
                there is no such smoothing.

        Reference: [Chen and Goodman, 1999](https://doi.org/10.1006/csla.1999.0128);
        absolute discounting, [Ney et al., 1994](https://doi.org/10.1006/csla.1994.1001)
        """
        if smoothing not in ("kneser_ney", "absolute"):
            raise ValueError(
                f'smoothing must be "kneser_ney" or "absolute", got {smoothing!r}.'
            )
        counts = counted(sentences, order, vocabulary)
        if smoothing == "kneser_ney":
            _adjust(counts)
        discounts_of = _discounts if smoothing == "kneser_ney" else _one_discount
        counts[0].pop((BEGIN,), None)  # nothing goes on with it
        uniform = {w for (w,) in counts[0]} | {UNKNOWN}
        lower, tables = {(): 1 / len(uniform)}, []
        for k in range(order):
            discounts = discounts_of(counts[0])
            found, backoffs = _smoothed(counts.pop(0), discounts, lower)
            if k == 0:
                found.setdefault((UNKNOWN,), backoffs[()] * lower[()])
                if order > 1:
                    found[BEGIN,] = 0.0
            else:
                tables.append(_logarithms(lower, backoffs))
            lower = found
        return cls([*tables, _logarithms(lower, {})])

    @classmethod
    def load(cls, path):
        """Read an ARPA file, plain or gzipped.

        Raises:
            ValueError: The file is none, damaged, or cut off; names the line where
                there is one.
        """
        opened = gzip.open if str(path).endswith(".gz") else open
        try:
            with opened(path, "rb") as file:
                tables = _read(path, file)
                file.read()  # what follows, and in a .gz the sum of all
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path} is no whole ARPA file: {error}") from error
        return cls(tables)

    def save(self, path):
        """Write an ARPA file, gzipped if the name ends in .gz.

        Raises:
            ValueError: A word has a space in it.
        """
        for (word,) in self.tables[0]:
            if word.split() != [word]:
                raise ValueError(f"An ARPA file cannot hold {word!r}: it has a space.")
        opened = gzip.open if str(path).endswith(".gz") else open
        part = f"{path}.part"
        with opened(part, "wt", encoding="utf-8") as file:
            file.write("\\data\\\n")
            for k, table in enumerate(self.tables):
                file.write(f"ngram {k + 1}={len(table)}\n")
            for k, table in enumerate(self.tables):
                file.write(f"\n\\{k + 1}-grams:\n")
                for gram, (p, backoff) in table.items():
                    end = f"\t{backoff:.7g}" if k + 1 < self.order else ""
                    file.write(f"{p:.7g}\t{' '.join(gram)}{end}\n")
            file.write("\n\\end\\\n")
        os.replace(part, path)

    # Asking it

    def log_prob(self, word, context=()):
        """ln p(word | context), nats; unknown words count as `<unk>`.

        Args:
            word: The word, or `</s>`.
            context: The words before it; `<s>` first where the sentence begins.
        """
        known = self.tables[0]
        gram = [w if (w,) in known else UNKNOWN for w in (*context, word)]
        gram = tuple(gram[-self.order :])
        total = 0.0
        while gram not in self.tables[len(gram) - 1]:
            if len(gram) == 1:
                return -math.inf  # a model that knows no <unk>
            table = self.tables[len(gram) - 2]
            total += table[gram[:-1]][1] if gram[:-1] in table else 0.0
            gram = gram[1:]
        return (total + self.tables[len(gram) - 1][gram][0]) * math.log(10)


def _adjust(counts):
    """Below the highest order, put how many different words stand in front."""
    for grams, longer in itertools.pairwise(counts):
        fronts = collections.Counter(gram[1:] for gram in longer)
        for gram in grams:
            if gram[0] != BEGIN:
                grams[gram] = fronts[gram]


def _smoothed(grams, discounts, lower):
    """Probabilities of the n-grams of one order, and what their contexts back off with.

    Args:
        grams: Their counts.
        discounts: What is taken off the counts 1, 2, and 3 or more.
        lower: Probabilities of the order below; of no word at all that of every word.
    """
    totals, left = totals_of(grams), collections.Counter()
    for gram, count in grams.items():
        left[gram[:-1]] += discounts[min(count, 3) - 1]
    backoffs = {h: left[h] / total for h, total in totals.items()}
    found = {
        gram: (count - discounts[min(count, 3) - 1]) / totals[gram[:-1]]
        + backoffs[gram[:-1]] * lower[gram[1:]]
        for gram, count in grams.items()
    }
    return found, backoffs


def _logarithms(probabilities, backoffs):
    """A table: of each n-gram log10 of its probability, and of its backoff."""
    return {
        gram: (_log10(p), _log10(backoffs.get(gram, 1.0)))
        for gram, p in probabilities.items()
    }


def _discounts(grams):
    """What is taken off the counts 1, 2, and 3 or more."""
    n = collections.Counter(count for count in grams.values() if count <= 4)
    if not all(n[k] for k in (1, 2, 3, 4)):
        return _FALLBACK  # too little text to estimate them
    y = n[1] / (n[1] + 2 * n[2])
    found = tuple(k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3))
    sound = all(0 <= discount <= k for k, discount in enumerate(found, 1))
    return found if sound else _FALLBACK


def _one_discount(grams):
    """What absolute discounting takes off every count, three times."""
    n = collections.Counter(count for count in grams.values() if count <= 2)
    discount = n[1] / (n[1] + 2 * n[2]) if n[1] else 0.5  # too little text
    return (discount,) * 3


def _log10(x):
    return math.log10(x) if x > 0 else _NEVER


_MOST = 1e-6  # log10 of a probability that rounding has made more than 1
_SECTION = re.compile(r"\\(\d+)-grams:")


def _read(path, file):
    """The tables of an ARPA file, opened to read bytes."""
    tables, sizes, table, ended = [], [], None, False
    for number, line in enumerate(file, 1):
        what = f"{len(tables)}-gram" if tables else "number of n-grams"
        try:
            line = line.decode("utf-8").strip()
            section = _SECTION.fullmatch(line)
            if line.startswith("ngram ") and table is None:
                sizes.append(int(line.partition("=")[2]))
            elif section:
                what = f"place for these after {len(tables)}-grams"
                if int(section[1]) != len(tables) + 1:
                    raise ValueError("out of order")
                table = {}
                tables.append(table)
            elif line == "\\end\\":
                ended = True
                break
            elif line and table is not None:
                gram, values = _entry(line, len(tables))
                if gram in table:
                    raise ValueError("it is there already")
                table[gram] = values
        except ValueError as error:
            raise ValueError(
                f"{path}, line {number}: no {what}: {line[:80]!r} ({error})."
            ) from error
    if not ended or not tables or [len(table) for table in tables] != sizes:
        raise ValueError(
            f"{path} is no whole ARPA file: it says {sizes} n-grams, and has "
            f"{[len(table) for table in tables]}."
        )
    return tables


def _entry(line, n):
    """The n-gram of a line of a table, and its `(log10 p, log10 backoff)`."""
    fields = line.split("\t") if "\t" in line else line.split()
    gram = tuple(" ".join(fields[1:]).split())
    p, backoff = float(fields[0]), 0.0
    if len(gram) == n + 1:
        backoff, gram = float(gram[-1]), gram[:-1]
    if len(gram) != n or not (p <= _MOST and backoff < math.inf):
        raise ValueError(f"{len(gram)} words, {p} and {backoff}")
    return gram, (p, backoff)
