"""The archive: an old and slow database. Its driver blocks, and it takes `CLIENTS` at once and no more.

Do not edit it: no fix makes another team's database faster.
"""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.world import outage

CLIENTS = 60

_free = multiprocessing.Semaphore(CLIENTS)  # one archive for all forked processes of the site


class TooManyClients(Exception):
    """The archive has no room for another client."""


@contextmanager
def _client() -> Iterator[None]:
    if outage.is_on("the archive") or not _free.acquire(block=False):
        raise TooManyClients(f"There are {CLIENTS} clients already.")
    try:
        yield
    finally:
        _free.release()


def read(id: int) -> dict[str, Any]:
    """One report. Blocks the caller's thread for about a quarter of a second. Raises TooManyClients."""
    with _client():
        time.sleep(0.2 + id % 11 / 100)
    return {"report": id, "rows": id * 7}
