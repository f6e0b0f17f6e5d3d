"""Word vectors in the two formats of word2vec, text and binary."""

import os
import re
from pathlib import Path

import numpy as np

_HEADER = 64  # bytes that a first line has at most


def write_word2vec(path, words, vectors, binary=False):
    """Write vectors as word2vec does, the file whole or not at all.

    Of the binary format, after a first line "words dim", each word, a space and its
    float32 values, little-endian; of the text, a line each, with the shortest decimals
    that give the float32 again. gensim writes the same bytes.

    Args:
        path: The file.
        words: A list of `str`.
        vectors: `(words, dim)`.
        binary: Which format.

    Raises:
        ValueError: A word is empty or has white space in it.
    """
    vectors = np.ascontiguousarray(vectors, "<f4")
    for word in words:
        if word.split() != [word]:
            raise ValueError(f"{word!r} cannot be written: it is no word.")
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with open(partial, "wb") as file:
        try:
            file.write(f"{len(words)} {vectors.shape[1]}\n".encode())
            for word, vector in zip(words, vectors, strict=True):
                if binary:
                    file.write(f"{word} ".encode() + vector.tobytes())
                else:
                    numbers = " ".join(map(str, vector))
                    file.write(f"{word} {numbers}\n".encode())
            file.close()
            os.replace(partial, path)
        except BaseException:
            os.unlink(partial)
            raise


def read_word2vec(path, binary=None):
    """Read vectors as word2vec, gensim or `write_word2vec` wrote them.

    Args:
        path: The file.
        binary: Which format; None looks, and takes a file for text where what follows
            the first word can be read as numbers.

    Returns:
        Words, a list, and vectors, float32 `(words, dim)`.

    Raises:
        ValueError: It is no such file, or is cut short, or holds a word twice; says
            where.
    """
    content = Path(path).read_bytes()
    end = content.find(b"\n", 0, _HEADER)
    header = re.fullmatch(rb"\s*(\d+) (\d+)\s*", content[:end]) if end >= 0 else None
    if header is None or int(header[2]) < 1:
        raise ValueError(
            f"{path} is no file of word2vec: its first line is not two numbers, how "
            "many words and how wide their vectors."
        )
    count, dim = int(header[1]), int(header[2])
    # Before anything is made of this size: a value takes two bytes at least.
    if count * dim * 2 > len(content):
        raise _cut(path, f"it is {len(content):,} bytes", count, dim)
    body = content[end + 1 :]
    if binary is None:
        binary = not _looks_like_text(body, dim)
    read = _read_binary if binary else _read_text
    words, vectors = read(path, body, count, dim)
    seen = set()
    for word in words:
        if word in seen:
            raise ValueError(f"{path} holds {word!r} twice.")
        seen.add(word)
    return words, vectors


def _cut(path, where, count, dim):
    return ValueError(
        f"{path} is cut short: its first line says {count:,} words of {dim} values, "
        f"but {where}."
    )


def _looks_like_text(body, dim):
    line = body.split(b"\n", 1)[0].split()
    try:
        return len([float(value) for value in line[1:]]) == dim
    except ValueError:
        return False


def _read_text(path, body, count, dim):
    lines = body.split(b"\n")
    words, vectors = [], np.empty((count, dim), "float32")
    for number in range(count):
        line = lines[number].split() if number < len(lines) else []
        if not line or (number == len(lines) - 1 and len(line) <= dim):
            raise _cut(path, f"it ends after word {number:,}", count, dim)
        if len(line) != dim + 1:
            raise ValueError(
                f"{path}, line {number + 2}: {len(line) - 1} values where there should "
                f"be {dim}."
            )
        try:
            vectors[number] = [float(value) for value in line[1:]]
        except ValueError as error:
            raise ValueError(f"{path}, line {number + 2}: {error}.") from error
        words.append(_word(path, line[0], number))
    if any(line.strip() for line in lines[count:]):
        raise _goes_on(path, count)
    return words, vectors


def _read_binary(path, body, count, dim):
    words, vectors = [], np.empty((count, dim), "float32")
    place, width = 0, 4 * dim
    for number in range(count):
        space = body.find(b" ", place)
        if space < 0 or len(body) < space + 1 + width:
            raise _cut(path, f"it ends in word {number + 1:,}", count, dim)
        word = body[place:space].lstrip(b"\n")  # word2vec ends a vector with one
        vectors[number] = np.frombuffer(body, "<f4", dim, space + 1)
        words.append(_word(path, word, number))
        place = space + 1 + width
    if body[place:].strip():
        raise _goes_on(path, count)
    return words, vectors


def _goes_on(path, count):
    return ValueError(f"{path} goes on after the {count:,} words it says it has.")


def _word(path, content, number):
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: word {number + 1:,} is not UTF-8.") from error
