"""Ctrl-C at any moment: one sentence, exit code 130, and nothing running."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

EXIT_CODE = 130  # 128 + SIGINT, as a shell has it
SENTENCE = "Interrupted. Nothing is left running; what was finished before is as it was."


def end_at_once(*_: object) -> NoReturn:
    """Ends this process, which has started nothing: an exception could come in the midst of an import."""
    os.write(2, f"\n{SENTENCE}\n".encode())
    os._exit(EXIT_CODE)


@contextmanager
def raised() -> Iterator[None]:
    """Within the block Ctrl-C raises KeyboardInterrupt, so that what was started there is ended."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, end_at_once)
