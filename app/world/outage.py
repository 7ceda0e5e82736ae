"""An outage of the teams that the site asks in its own process: while there is a file `APP_OUTAGE`, they fail.

The kit lays the file there for a moment: what a fix keeps of a failure shows only after one. Each failure adds a byte.
"""

import os


def is_on() -> bool:
    """Whether there is an outage. Who asks then fails, and is counted."""
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
