"""The archive: a database of another kind, old and slow. Its driver blocks, and it takes so many clients and no more.

Nobody edits it: no fix makes another team's database faster.
"""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CLIENTS = 60

_free = multiprocessing.Semaphore(CLIENTS)  # one archive, however many processes of the site are forked


class TooManyClients(Exception):
    """What the archive says to a client for whom it has no room."""


@contextmanager
def _client() -> Iterator[None]:
    if not _free.acquire(block=False):
        raise TooManyClients(f"There are {CLIENTS} clients already.")
    try:
        yield
    finally:
        _free.release()


def read(id: int) -> dict[str, Any]:
    """One report. The caller's thread does nothing but wait for it: about a quarter of a second."""
    with _client():
        time.sleep(0.2 + id % 11 / 100)
    return {"report": id, "rows": id * 7}
