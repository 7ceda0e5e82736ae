"""Where a running side spends its time: its stacks, sampled many times a second while it is driven.

py-spy samples from outside, and the server does not notice. That needs the right to trace another process. Linux grants
it for processes that agree (the supervisor agrees for those it starts), macOS only to root. Where it is denied, the
server samples its own event loop with pyinstrument, which does not see threads.
"""

import itertools
import re
import signal
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from perflab.bench.server import Server
from perflab.course.lab import ROOT
from perflab.measure.samples import Frame, Profile
from perflab.process.managed import Process

RATE = 200  # samples a second
WRITTEN_WITHIN_S = 5.0

FRAME = re.compile(r"(?P<function>.+) \((?P<file>[^()]*)\)")
COMPREHENSION = re.compile(r"(\.<locals>|\.)*<(listcomp|dictcomp|setcomp|genexpr)>.*")
SCAFFOLD = {f"app/{name}.py" for name in ("__main__", "asgi", "base", "compose", "growth", "profile", "server")}


def frame(text: str) -> Frame | None:
    """One frame of a collapsed stack, such as "posts (/course/app/parts/hot_path.py)"; None for what is not a function.

    A comprehension counts as the function around it: newer Pythons run most of them there.
    """
    found = FRAME.fullmatch(text)
    function = COMPREHENSION.sub("", found["function"]) if found else ""
    if not found or not function or text.startswith("process "):
        return None
    file = found["file"]
    for library in ("site-packages/", f"{sysconfig.get_path('stdlib')}/"):
        if library in file:
            return Frame(function, file.rpartition(library)[2], False)
    if file.startswith("<"):
        return Frame(function, file, False)
    path = Path(file)
    place = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return Frame(function, place, place not in SCAFFOLD)


def collapsed(lines: Iterable[str]) -> dict[tuple[Frame, ...], int]:
    """Reads collapsed stacks, py-spy's `raw` format: frames from the outermost on, and a count of samples.

    Consecutive calls of a function to itself are one frame.
    """
    stacks: Counter[tuple[Frame, ...]] = Counter()
    for line in lines:
        names, _, count = line.rpartition(" ")
        if names and count.isdecimal():
            frames = (one for name in names.split(";") if (one := frame(name)))
            stacks[tuple(one for one, _ in itertools.groupby(frames))] += int(count)
    return dict(stacks)


def sample(server: Server, seconds: float) -> Profile | None:
    """Samples a side's stacks for so many seconds, in which it must be driven. None where no profiler got any."""
    until = time.monotonic() + seconds
    return from_outside(server, until) or from_inside(server, until)


def from_outside(server: Server, until: float) -> Profile | None:
    """A profile by py-spy, up to a moment (time.monotonic()); None where it may not trace the server."""
    with tempfile.TemporaryDirectory(prefix="perflab-") as folder:
        to = Path(folder) / "stacks"
        spy = [str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(server.process.pid)]
        how = ["--subprocesses", "--full-filenames", "--nolineno", "--rate", str(RATE), "--format", "raw"]
        with Process([*spy, *how, "--output", str(to)]) as process:
            if not process.wait_ended(until - time.monotonic()):
                process.signal(signal.SIGINT)
                process.wait_ended(WRITTEN_WITHIN_S)
        stacks = collapsed(to.read_text().splitlines()) if to.exists() else {}
    return Profile("py-spy", stacks) if stacks else None


def from_inside(server: Server, until: float) -> Profile | None:
    """A profile by the server itself, up to a moment (time.monotonic()); None where it gives none."""
    seconds = max(0.1, until - time.monotonic())
    reply = server.ask(f"/profile?seconds={seconds:.2f}", timeout_s=seconds + WRITTEN_WITHIN_S)
    stacks = collapsed(reply.splitlines()) if reply else {}
    return Profile("pyinstrument", stacks) if stacks else None
