"""One way to write a file: whole, or not at all."""

import os
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Replaces a file whole or not at all, so that an interrupted run never spoils the last one's result.

    Makes the folder that it is in, if need be. Raises OSError where that is not to be had.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(path)
