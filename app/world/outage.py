"""The teams that the site asks in its own process. While there is a file `APP_OUTAGE`, they fail: an outage.

The kit lays the file there for a moment: what a fix keeps of a failure shows only after one. Each failure adds a byte.
The folder `APP_ASKED` gets a file named after each team that was asked, so that the kit knows which never was.
"""

import os
from pathlib import Path

_asked = set[str]()


def is_on(team: str) -> bool:
    """Whether there is an outage, for a team that is asked now. It fails then, and that is counted."""
    if team not in _asked and (folder := os.environ.get("APP_ASKED")):
        Path(folder, team).touch()
        _asked.add(team)
    path = os.environ.get("APP_OUTAGE")
    if not path:
        return False
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        return False
    os.write(file, b".")
    os.close(file)
    return True
