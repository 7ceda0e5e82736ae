"""The attic: old files on the disk of another machine. They are read like any other file.

Do not edit it: no fix makes a network faster.
"""

import time
from pathlib import Path

from app.world import outage

FOLDER = Path(__file__).with_name("icons")


def read(name: str) -> str:
    """A file's text. Blocks the caller's thread for a twentieth of a second. Raises OSError."""
    if outage.is_on("the attic"):
        raise OSError("The other machine does not answer.")
    time.sleep(0.05)
    return (FOLDER / name).read_text()
