"""What a running side keeps in memory, as it answers one request after the other.

memray records each allocation from within the server, which is started under it: no debugger is attached, so no
permission is needed. Where there is none, or it refuses, the caller says so and goes on without.
"""

import functools
import importlib.util
from collections import Counter
from pathlib import Path

from perflab.bench import profiler
from perflab.bench.server import Server
from perflab.course.lab import Lab, Side
from perflab.judge.errors import SideError
from perflab.measure.samples import Frame, Profile

LOOK_EVERY = 20  # requests
REQUEST = "run_asgi"  # uvicorn's function for each request: what others allocate is no request's
VARIABLE = "APP_MEMRAY"  # the file that the app records into


def growth(server: Server, path: str, requests: int) -> list[tuple[int, float]]:
    """Asks for a path so many times, and returns how many requests were answered, and by how many MiB RSS had grown.

    `{n}` in the path is the number of the request.
    """
    server.ask(path.format(n=requests))  # what is made with the first request does not count
    before_mib, looks = server.usage().rss_mib, [(0, 0.0)]
    for number in range(requests):
        server.ask(path.format(n=number))
        if (number + 1) % LOOK_EVERY == 0:
            looks.append((number + 1, server.usage().rss_mib - before_mib))
    return looks


def recorded(lab: Lab, side: Side, fix: Path | None, folder: Path, path: str, requests: int) -> Profile | None:
    """Which stacks allocated what is still there after so many requests for a path, and how many bytes each.

    None where memray cannot record here.
    """
    if not importlib.util.find_spec("memray"):
        return None
    file = folder / "memory.bin"
    file.unlink(missing_ok=True)  # memray overwrites none
    try:
        with Server(lab, side, fix, folder, {VARIABLE: str(file)}) as server:
            for number in range(requests):
                server.ask(path.format(n=number))
            server.terminate()  # so that memray writes its file to the end
        return Profile("memray", _still_there(file))
    except (SideError, OSError):
        return None


def _still_there(file: Path) -> dict[tuple[Frame, ...], int]:
    """The bytes of each stack of a request in memray's file that were not freed. Raises OSError if it is cut off."""
    from memray import FileReader

    stacks: Counter[tuple[Frame, ...]] = Counter()
    frame = functools.cache(profiler.frame)  # there are thousands of stacks, of the same few functions
    with FileReader(file) as reader:
        for record in reader.get_leaked_allocation_records(merge_threads=True):
            names = [f"{function} ({place})" for function, place, _ in reversed(record.stack_trace())]
            frames = [one for name in names if (one := frame(name))]
            if any(one.function == REQUEST for one in frames):
                stacks[tuple(frames)] += record.size
    return dict(stacks)
