"""Whether the site round a fix is still the one that was written: its places, and the waits that stand for them.

A fix replaces what it names. The press in the cellar and another team's database are not its to replace, and neither
is `sleep`, which stands for the time that they take.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

_before: dict[tuple[str, str], object] = {}


def _watched() -> Iterator[tuple[tuple[str, str], object]]:
    """What the site's modules define, but for the slow parts and for what counts."""
    yield ("time", "sleep"), time.sleep
    yield ("asyncio", "sleep"), asyncio.sleep
    for name, module in list(sys.modules.items()):
        if name.startswith("app.") and not name.startswith("app.parts"):
            for key, value in list(vars(module).items()):
                if key.isupper() or not isinstance(value, int):
                    yield (name, key), value


def remember() -> None:
    """To be called when the slow part is loaded, and the fix is not."""
    _before.update(_watched())


def changed() -> list[str]:
    """What is another thing now than it was, by its name."""
    now = dict(_watched())
    return sorted(".".join(one) for one, value in _before.items() if now.get(one) is not value)
