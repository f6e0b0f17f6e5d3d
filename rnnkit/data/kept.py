"""Texts that take seconds to make: made once, and kept while they hold good."""

import json
import os
import tempfile

from rnnkit.data.downloads import cache, sha256


def kept(name, origin, make):
    """Texts as `make()` gives them; from the cache where it has them of this origin.

    The file, `<name>.json`, holds the texts with their sha256. It is written whole or
    not at all, and made anew where the origin is another or the sha256 is wrong.
    Where it cannot be written nothing is kept.

    Args:
        name: Of the file.
        origin: What the texts were made of, `bytes`.
        make: Function that gives them, `{name: str}`.
    """
    try:
        path = cache() / f"{name}.json"
    except RuntimeError:  # the user has no home
        return make()
    origin = sha256(origin)
    try:
        found = json.loads(path.read_bytes())
        if found["origin"] == origin and found["sha256"] == _digest(found["texts"]):
            return found["texts"]
    except (OSError, ValueError, TypeError, KeyError):
        pass  # there is none, or it is spoilt
    texts = make()
    content = {"origin": origin, "sha256": _digest(texts), "texts": texts}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".kept-") as part:
            whole = os.path.join(part, path.name)
            with open(whole, "w", encoding="ascii") as file:
                json.dump(content, file)
            os.replace(whole, path)
    except OSError:
        pass
    return texts


def _digest(texts):
    return sha256(json.dumps(texts).encode())
