"""The parent of every process a run starts: it keeps them within limits and ends them all when the run ends.

    python -m perflab.process.supervisor '{"processes": 64, ...}' command ...

The kit holds the other end of this process's standard input. When that end closes, however the kit ended
(Ctrl-C, a failed assertion, `kill -9`, a killed notebook kernel), the whole tree below goes with it. On Linux this
process also adopts what its descendants leave behind, so that nothing escapes by outliving its parent.

It reports one JSON object a line: `{"pid": 17}`, `{"out": "a line of output"}`, `{"limit": "memory"}`, `{"ended": 0}`
as soon as the command has ended, with its exit code, and at last `{"exit": 0, "left": 0}`: that again, and how many
processes outlived the command.
"""

import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass

import psutil

LOOK_EVERY_S = 0.25
LEAVE_WITHIN_S = 1.0
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PR_SET_PTRACER = 0x59616D61


@dataclass(frozen=True)
class Limits:
    """What one process tree may use at least: far above what any lab needs, and below what would hurt a laptop."""

    processes: int = 64
    memory_mib: int = 3072
    output_mib: int = 8

    def as_json(self) -> str:
        """The limits as this module's first argument."""
        return json.dumps(asdict(self))


def command(limits: Limits, argv: Iterable[str]) -> list[str]:
    """The command that runs `argv` under a supervisor."""
    return [sys.executable, "-m", "perflab.process.supervisor", limits.as_json(), *argv]


def adopt_orphans() -> None:
    """Makes this process the parent of orphaned descendants (Linux, prctl(2)). Elsewhere the process group must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def agree_to_be_traced(by: int) -> None:
    """Lets one process and its descendants trace this one (Linux with Yama, prctl(2)). Does nothing elsewhere.

    It outlasts `exec`. Without it, a profiler would have to be the parent of what it profiles.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, by, 0, 0, 0)


def tree() -> list[psutil.Process]:
    """Every process below this one."""
    return psutil.Process().children(recursive=True)


def exceeded(limits: Limits) -> str | None:
    """The name of the limit that the tree is over; None where it is within them all."""
    processes = tree()
    if len(processes) > limits.processes:
        return "processes"
    rss = 0
    for process in processes:
        with suppress(psutil.Error):
            rss += process.memory_info().rss
    return "memory" if rss > limits.memory_mib * 2**20 else None


def end_tree(child: subprocess.Popen[bytes]) -> None:
    """Ends every process below this one, and waits until none is left.

    The group first, in one call: a tree that forks faster than it is counted cannot outrun that.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    while processes := tree():
        for process in processes:
            with suppress(psutil.Error):
                process.kill()
        reap()
        time.sleep(0.005)


def reap() -> None:
    """Collects the children that have ended, so that no zombies remain."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def left_behind() -> int:
    """How many processes outlive the command, which has ended. They have `LEAVE_WITHIN_S` to end, too."""
    deadline = time.monotonic() + LEAVE_WITHIN_S
    while (processes := tree()) and time.monotonic() < deadline:
        reap()
        time.sleep(0.005)
    return len(processes)


class Supervisor:
    """Relays lines to and from one child, and keeps its tree within limits, until the child ends or the kit does."""

    def __init__(self, limits: Limits, argv: list[str]) -> None:
        self.limits = limits
        kit = os.getppid()
        self.child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: agree_to_be_traced(kit),  # noqa: PLW1509  (there are no threads here)
        )
        assert self.child.stdin and self.child.stdout
        self.stdin, self.stdout = self.child.stdin, self.child.stdout
        self.room = limits.output_mib * 2**20
        self.rest = b""

    def say(self, **what: object) -> None:
        """Reports one JSON object to the kit. Raises BrokenPipeError where the kit is gone."""
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()

    def relay(self, chunk: bytes) -> None:
        """Reports the lines of a chunk of output, and keeps an incomplete last one for the next chunk."""
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        for line in lines:
            self.say(out=line.decode(errors="replace"))

    def watch(self) -> str | None:
        """Watches until a limit is exceeded, the child ends or the kit closes its end. Returns the limit, or None."""
        with selectors.DefaultSelector() as ready:
            ready.register(0, selectors.EVENT_READ)
            ready.register(self.stdout, selectors.EVENT_READ)
            look_at = time.monotonic()
            while True:
                for key, _ in ready.select(max(0.0, look_at - time.monotonic())):
                    chunk = os.read(key.fd, 65536)
                    if key.fd == 0:
                        if not chunk:
                            return None
                        with suppress(BrokenPipeError):
                            self.stdin.write(chunk)
                            self.stdin.flush()
                    elif chunk:
                        self.room -= len(chunk)
                        if self.room < 0:
                            return "output"
                        self.relay(chunk)
                    else:  # it closed its output: it has ended, or runs on without
                        ready.unregister(self.stdout)
                if time.monotonic() >= look_at:
                    look_at = time.monotonic() + LOOK_EVERY_S
                    if limit := exceeded(self.limits):
                        return limit
                if self.child.poll() is not None:
                    return None

    def run(self) -> None:
        """Supervises the child to its end, then ends what is left of its tree, and reports both."""
        self.say(pid=self.child.pid)
        limit = self.watch()
        code = self.child.poll()
        if code is not None:
            self.say(ended=code)
        left = 0 if code is None else left_behind()
        end_tree(self.child)
        if limit:
            self.say(limit=limit)
        else:
            os.set_blocking(self.stdout.fileno(), False)
            self.relay((self.stdout.read() or b"")[: 2**16])
        if self.rest:
            self.relay(b"\n")
        self.say(exit=code, left=left)


def main() -> None:
    """Supervises the command of `sys.argv[2:]` within the limits of `sys.argv[1]`."""
    # A terminal's Ctrl-C is for the kit, which then closes our standard input. Handlers rather than SIG_IGN, which
    # the child would inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    adopt_orphans()
    supervisor = Supervisor(Limits(**json.loads(sys.argv[1])), sys.argv[2:])
    try:
        supervisor.run()
    except BrokenPipeError:  # the kit is gone, and nothing reads this any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    finally:
        end_tree(supervisor.child)


if __name__ == "__main__":
    main()
