"""Archives made up for tests."""

import io
import tarfile


def archive(members):
    """The bytes of a gzipped tar file of `{name: content}`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
