"""Whether the site around a fix is unchanged: the world outside it, and the waits that stand for its time.

A fix replaces what it defines. It may not replace the press in the cellar or another team's database, nor `sleep`,
which stands for the time that they take.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

_before: dict[tuple[str, str], object] = {}


def _watched() -> Iterator[tuple[tuple[str, str], object]]:
    """What the site's modules define, except for the slow parts and for counters."""
    yield ("time", "sleep"), time.sleep
    yield ("asyncio", "sleep"), asyncio.sleep
    for name, module in list(sys.modules.items()):
        if name.startswith("app.") and not name.startswith("app.parts"):
            for key, value in list(vars(module).items()):
                if key.isupper() or not isinstance(value, int):
                    yield (name, key), value


def remember() -> None:
    """Remembers what the site defines. Call it when the slow part is loaded, and the fix is not."""
    _before.update(_watched())


def changed() -> list[str]:
    """The names that mean something else than when `remember` was called."""
    now = dict(_watched())
    return sorted(".".join(one) for one, value in _before.items() if now.get(one) is not value)
