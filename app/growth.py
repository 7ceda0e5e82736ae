"""What grows in this process, and what holds it: `/growth`, `/held`, and a recording by memray.

The routes exist only where `APP_PROFILE` is set: they cost time, and show strangers more than they should know.
"""

import gc
import os
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from fastapi import APIRouter, Request

LOOKS_AT_MOST = 400  # objects whose referrers are looked for: each look goes through the whole heap

router = APIRouter()


@router.get("/growth")
async def growth(rows: int = 5) -> list[tuple[str, int, float]]:
    """File, line, and the KiB that this line has allocated and that are still there; the line with most comes first.

    The first request starts tracemalloc, and returns nothing. The next returns what was allocated since, and stops it.
    """
    if not tracemalloc.is_tracing():
        tracemalloc.start()
        return []
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    lines = snapshot.filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)]).statistics("lineno")
    return [(line.traceback[0].filename, line.traceback[0].lineno, line.size / 1024) for line in lines[:rows]]


@router.get("/held")
async def held(type_name: str, request: Request) -> dict[str, Any]:
    """How many objects of a type are alive, and for one of them what refers to it, up to a variable of a module.

    This request does not count.
    """
    return look(type_name, request.scope)


def look(type_name: str, scope: Any) -> dict[str, Any]:
    """What `held` returns. It is no coroutine: that would refer to what is found, and be found itself."""
    gc.collect()
    alive = [one for one in gc.get_objects() if type(one).__name__ == type_name]
    alive = [one for one in alive if getattr(one, "scope", None) is not scope]
    found = len(alive)
    chosen = alive[found // 2] if alive else None
    alive.clear()
    return {"alive": found, "chain": [] if chosen is None else chain(chosen)}


def chain(held: object) -> list[str]:
    """What refers to an object, and what to that, and so on: the shortest way to a variable of a module.

    Empty where there is none within `LOOKS_AT_MOST`.
    """
    modules = {id(vars(module)): name for name, module in list(sys.modules.items()) if hasattr(module, "__dict__")}
    looked, below = [held], {id(held): -1}
    this: FrameType | None = sys._getframe()
    ours = {id(looked)}
    while this:  # the frames that run now refer to it because of this question
        ours.add(id(this))
        this = this.f_back
    for place, one in enumerate(looked):
        if place > LOOKS_AT_MOST:
            break
        for referrer in gc.get_referrers(one):
            if (name := modules.get(id(referrer))) is not None:
                variable = next((key for key, value in referrer.items() if value is one), "?")
                return [*_way(looked, below, place), f"{name}.{variable}"]
            if id(referrer) not in below and id(referrer) not in ours:
                below[id(referrer)] = place
                looked.append(referrer)
    return []


def _way(looked: list[object], below: dict[int, int], place: int) -> list[str]:
    """The objects from the first one to that at `place`, each by its type; a frame by its function."""
    names = []
    while place >= 0:
        one = looked[place]
        names.append(f"frame of {one.f_code.co_name}" if isinstance(one, FrameType) else type(one).__name__)
        place = below[id(one)]
    return names[::-1]


@contextmanager
def recorded() -> Iterator[None]:
    """Records every allocation of the block into the file that `APP_MEMRAY` names, where it names one."""
    file = os.environ.get("APP_MEMRAY")
    if not file:
        yield
        return
    import memray  # only now: nothing else needs it, and not every platform has it

    with memray.Tracker(file, trace_python_allocators=True):
        yield
