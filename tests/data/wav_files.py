"""WAV files written byte by byte."""

import struct

import numpy as np

NOISE = np.random.default_rng(0).integers(-9000, 9000, 50).tolist()


def wav(samples, rate=8000, channels=1, bits=16, encoding=1):
    """The bytes of a WAV file of 16-bit values, whatever its header says of them."""
    data = struct.pack(f"<{len(samples)}h", *samples)
    frame = channels * bits // 8
    fields = (encoding, channels, rate, rate * frame, frame, bits)
    form = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, *fields)
    body = form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def write(folder, files):
    """Write `{path: str or bytes}` below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = content.encode() if isinstance(content, str) else content
        path.write_bytes(content)
    return folder


# What is wrong -> the bytes of a file that is wrong in this way, and the words for it.
BAD = {
    "rate": (wav(NOISE, rate=11025), r"has 11,025 samples a second, not \d"),
    "silent": (wav([7] * 50), "is silent"),
    "empty": (wav([]), "is empty"),
    "no bytes": (b"", "within its header"),
    "cut": (wav(NOISE)[:-20], "is cut short: 40 of 50"),
    "header": (wav(NOISE)[:30], "no WAV file"),
    "text": (b"ceci n'est pas un son" * 9, "no WAV file"),
    "float": (wav(NOISE, encoding=3), "no WAV file"),
    "stereo": (wav(NOISE, channels=2), r"2 channel\(s\) of 16 bits"),
    "bytes": (wav(NOISE, bits=8), r"1 channel\(s\) of 8 bits"),
}
