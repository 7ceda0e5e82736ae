"""The jobs that were really done: a line for each, in the file of `APP_LEDGER`, which the kit reads."""

import os
import time
from pathlib import Path


def enter(job: str) -> None:
    """Notes that a job is done, and when (time.monotonic(), which all processes of a machine share).

    Does nothing where `APP_LEDGER` is not set.
    """
    if path := os.environ.get("APP_LEDGER"):
        with Path(path).open("a") as ledger:
            ledger.write(f"{time.monotonic()} {job}\n")
