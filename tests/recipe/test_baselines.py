import bz2
import random

from rnnkit.recipe import bz2_bits, xz_bits


def test_bz2_counts_characters_not_bytes():
    text = "é" * 1000
    assert bz2_bits(text) == 8 * len(bz2.compress(text.encode(), 9)) / 1000


def test_a_dictionary_that_holds_the_text_makes_it_nearly_free():
    text = "".join(random.Random(0).choices("abcdefgh", k=20_000))
    alone = xz_bits(text)
    assert 2.9 < alone < 3.6  # 3 bits are its entropy
    assert xz_bits(text, dictionary="x" * 500_000 + text) < 0.02 * alone
