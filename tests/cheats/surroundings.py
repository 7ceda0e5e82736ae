"""What a hostile fix can find out about the run it is in, as any program of the same user can."""

import os
import threading
import time
from collections.abc import Callable, Iterator

import psutil

SUPERVISOR, LOAD_GENERATOR = "perflab.process.supervisor", "perflab.bench.load_generator"


def parts() -> Iterator[tuple[str, psutil.Process]]:
    """Every other part of the same run and its supervisor: "slow", "reference", "load generator"."""
    mine = psutil.Process()
    while SUPERVISOR not in mine.cmdline():
        if (parent := mine.parent()) is None:
            return
        mine = parent
    kit = mine.parent()
    for supervisor in kit.children() if kit else []:
        words = supervisor.cmdline()
        if SUPERVISOR not in words or supervisor == mine:
            continue
        if LOAD_GENERATOR in words:
            yield "load generator", supervisor
        elif "--fix" not in words:
            yield "slow", supervisor
        else:
            yield "reference", supervisor


def rivals() -> dict[str, psutil.Process]:
    """The other two sides' own processes."""
    found = {}
    for side, supervisor in parts():
        if side != "load generator" and (children := supervisor.children()):
            found[side] = children[0]
    return found


def address(process: psutil.Process) -> int | None:
    """The port that a side listens on."""
    for one in (process, *process.children(recursive=True)):
        for connection in one.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN:
                return connection.laddr.port
    return None


def busy_core(process: psutil.Process, within_s: float = 0.05) -> bool:
    """Whether a side is at work just now."""

    def used() -> float:
        return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))

    before = used()
    time.sleep(within_s)
    return used() - before > within_s / 10


def whenever_driven(deed: Callable[[psutil.Process], None]) -> None:
    """Does something to another side, again and again, while that one is driven."""

    def look() -> None:
        while True:
            try:
                for process in rivals().values():
                    if busy_core(process):
                        deed(process)
            except (psutil.Error, OSError):
                pass
            time.sleep(0.01)

    # The pool's children import this again: one look-out will do.
    if os.environ.setdefault("LOOK_OUT", str(os.getpid())) == str(os.getpid()):
        threading.Thread(target=look, daemon=True).start()
