"""Several calls at the same time, of which one is made here, where Ctrl-C ends it."""

import threading
from collections.abc import Callable, Sequence


def at_once(calls: Sequence[Callable[[], None]]) -> None:
    """Makes these calls at the same time, and waits for all of them. Raises what one of them raises."""
    *others, last = calls
    errors: list[BaseException] = []

    def make(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:  # it is raised where somebody waits for it
            errors.append(error)

    threads = [threading.Thread(target=make, args=[call], daemon=True) for call in others]
    for thread in threads:
        thread.start()
    last()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
