"""One way to write a file: whole, or not at all; and one to put a file aside."""

import os
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Replaces a file whole or not at all, so that an interrupted run never spoils the last one's result.

    Makes the folder that it is in, if need be. Raises OSError, with the name of this file, where that is not to be had.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # the file that was meant
        raise


def put_aside(file: Path) -> Path:
    """Renames a file to a backup whose name is not taken yet, and returns that. Raises OSError."""
    number = 1
    while (backup := file.with_name(f"{file.name}.{number}.backup")).exists():
        number += 1
    return file.rename(backup)
