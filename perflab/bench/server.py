"""One side of a lab as a running server: `python -m app` with a slow part and a fix."""

import hashlib
import http.client
import json
import os
import re
import resource
import secrets
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from perflab.bench import ledger
from perflab.course.lab import ROOT, Lab
from perflab.judge.errors import CheckFailed, SideError
from perflab.measure.samples import Usage
from perflab.process.managed import ExecId, Process

START_WITHIN_S = 15.0
DEPLOY_WITHIN_S = 12.0
EXIT_WITHIN_S = 4.0  # from SIGTERM to SIGKILL; orchestrators give ten seconds or thirty
GONE_WITHIN_S = 2.0  # a request ends, after its visitor has left
ERROR_LINES = 24  # of a traceback, for showing
READ_AT_MOST = 2**20  # bytes of a response to the kit's own requests
ANNOUNCEMENT = re.compile(r"serving http://(?P<host>[\d.]+):(?P<port>\d{1,5})(?: with (?P<overrides>.+) from the fix)?")

ERROR = re.compile(r"[ |+]*(Exception Group )?Traceback|Fatal Python error")
# What may stand behind an error: a line of the server's own log, or why the next traceback follows.
BEHIND = re.compile(r"(INFO|WARNING|ERROR|CRITICAL): |\[\d{4}-\d\d-\d\d |(During handling of|The above exception was) ")
STALLED = re.compile(r"stalled from (\d+\.\d+) to (\d+\.\d+)$")
# What asyncio prints of a task that has failed, and that nobody has awaited.
UNHEARD = re.compile(r"future: <Task finished .*?coro=<(?P<called>.+?)\(\) done, defined at (?P<file>.+?):\d+>")
WRITTEN_DOWN = re.compile(r"written down: (\d{1,15})\b")


class Blocks(NamedTuple):
    """What one process holds: blocks of memory that Python has given out, after so many responses."""

    pid: int
    served: int
    blocks: int


def last_error(lines: list[str], fix: Path | None) -> list[str]:
    """The last traceback of some output that names the fix, from there on; else the last one; empty for none.

    A server whose worker fails to boot prints tracebacks of its own after that, and one that goes on logs other things.
    """
    ends = [index for index, line in enumerate(lines) if ERROR.match(line) or BEHIND.match(line)] + [len(lines)]
    found = [lines[start:end] for start, end in pairwise(ends) if ERROR.match(lines[start])]
    if not found:
        return []
    named = [one for one in found if fix and any(f'File "{fix}' in line for line in one)]
    heading, *rest = (named or found)[-1]
    own = [index for index, line in enumerate(rest) if fix and f'File "{fix}' in line]
    # Where faulthandler reports a hang, the last call comes first: keep it all.
    return [heading, *rest[own[0] if own and not heading.startswith("Fatal") else 0 :]][:ERROR_LINES]


class Server:
    """A side, started and serving. Use it as a context manager: leaving it ends the whole process tree.

    Raises SideError where it does not serve within `START_WITHIN_S`.
    """

    def __init__(
        self,
        lab: Lab,
        side: str,
        fix: Path | None,
        folder: Path,
        env: Mapping[str, str] | None = None,
        waits: bool = True,
    ) -> None:
        """Starts it. Where it `waits`, it serves then; else `wait_ready` waits for that."""
        self.lab = lab
        self.side = side
        self.fronts: list[str] = []  # where visitors reach it, if that is through a proxy: see Service.front
        self.release = "1"
        self.sent_roughly = 0  # requests before the rounds, nobody's
        self.calls_within = False  # whether it has met an outage of a team in its own process
        self.fix = fix.resolve() if fix else None
        self._ledger = folder / f"ledger-{side}"
        self._ledger.write_text("")
        self._outage = folder / f"outage-{side}"
        self._asked = folder / f"asked-{side}"
        self._asked.mkdir(exist_ok=True)
        self._blocked = folder / f"blocked-{side}"
        self._blocked.write_text("")
        self._release_file = folder / f"release-{side}"
        self._release_file.write_text(self.release)
        self._before_deploy: set[ExecId] = set()
        self._deployed_at = 0.0  # time.monotonic()
        self._gone_cpu_s = 0.0  # of processes that were killed, and started again
        self._argv = [sys.executable, "-m", "app", "--part", lab.name, *(["--fix", str(fix)] if fix else []), "--port"]
        self._env = {
            **(env or {}),
            "APP_RELEASE_FILE": str(self._release_file),
            "APP_LEDGER": str(self._ledger),
            "APP_OUTAGE": str(self._outage),
            "APP_ASKED": str(self._asked),
            "APP_PROFILE": "1",
            **({"APP_BLOCKED": str(self._blocked)} if lab.counts_blocked else {}),
        }
        self._begin(port=0)
        if waits:
            self.wait_ready()

    def _begin(self, port: int) -> None:
        """Begins to start it on this port, or on any for 0."""
        self.process = Process([*self._argv, str(port)], self._env, notable=UNHEARD)

    def wait_ready(self) -> None:
        """Waits until it serves. Raises SideError where it does not: it is stopped then."""
        try:
            self._wait_announced()
        except BaseException:
            self.stop()
            raise

    def _wait_announced(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        line = self.process.wait_for(lambda line: bool(ANNOUNCEMENT.match(line)), START_WITHIN_S)
        if line is None:
            raise self._broken("before it could serve")
        announced = ANNOUNCEMENT.match(line)
        assert announced
        self.host, self.port = announced["host"], int(announced["port"])
        self.overrides = (announced["overrides"] or "").split(", ") if announced["overrides"] else []
        while self.ask("/healthz", timeout_s=max(0.1, deadline - time.monotonic())) is None:
            if self.process.ended or time.monotonic() > deadline:
                raise self._broken("before it answered")
            time.sleep(0.02)
        if not self.process.pids_with_socket(
            lambda one: one.status == psutil.CONN_LISTEN and one.laddr.port == self.port
        ):
            raise SideError(self.side, f"It announced {self.url}, and none of its processes listens there.", [line])

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{self.host}:{self.port}"

    @property
    def visited_url(self) -> str:
        """Where visitors reach it: at its own URL, or through the proxy in front of it."""
        return self.fronts[0] if self.fronts else self.url

    @property
    def compared_url(self) -> str:
        """Where visitors without load reach it: there no proxy loses a request that met a closed connection."""
        return self.fronts[-1] if self.fronts else self.url

    def _broken(self, when: str) -> SideError:
        if not self.process.ended:
            self.process.signal(signal.SIGABRT)  # faulthandler then prints where it hangs
            self.process.wait_ended(1)
            reason = f"It did nothing for {START_WITHIN_S:.0f} s {when}. The traceback says where it hung."
        else:
            limits = self.process.limits
            reason = {
                "processes": f"It started more than {limits.processes} processes and was ended.",
                "memory": f"It took more than {limits.memory_mib / 1024:.0f} GiB of memory and was ended.",
                "output": f"It printed more than {limits.output_mib} MiB and was ended.",
            }.get(self.process.limit or "", f"It ended with exit code {self.process.exit} {when}.")
            if self.process.exit is None and not self.process.limit:  # there was no supervisor left to report it
                reason = f"The supervisor that it runs under was itself ended {when}."
        return SideError(self.side, reason, self.error() or list(self.process.output)[-12:])

    def error(self) -> list[str]:
        """The last error that it printed, line by line; empty where it printed none."""
        return last_error(list(self.process.output), self.fix)

    def unheard(self) -> Counter[str]:
        """The tasks of the site's own that failed unheard, by the name of the function: asyncio reports them."""
        own = [ROOT / "app", *([self.fix if self.fix.is_dir() else self.fix.parent] if self.fix else [])]
        found = (UNHEARD.match(line) for line in list(self.process.noted))
        return Counter(
            said["called"].rpartition(".")[2]
            for said in found
            if said and any(Path(said["file"]).is_relative_to(folder) for folder in own)
        )

    def check_alive(self) -> None:
        """Raises SideError if the server is gone."""
        if self.process.ended:
            raise self._broken("while it was being measured")

    def ask(self, path: str, timeout_s: float = 2.0) -> str | None:
        """The body of the response to one GET, on a connection of its own; None where there is none in `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            text = b""
            while len(text) < READ_AT_MOST and (chunk := response.read1(READ_AT_MOST)):
                text += chunk
                if time.monotonic() > deadline:
                    return None
            return text.decode(errors="replace")
        return None

    def waits(self, request: bytes, seconds: float) -> bool:
        """Whether a request, sent as these bytes, has no response after so many seconds, and no end either."""
        with suppress(OSError), closing(socket.create_connection((self.host, self.port), timeout=seconds)) as client:
            client.sendall(request)
            try:
                client.recv(1)
            except TimeoutError:
                return True
        return False

    def check_intact(self) -> None:
        """Raises CheckFailed if the fix has changed what is not its own, as far as the site can tell."""
        with suppress(ValueError, TypeError, KeyError):
            if changed := json.loads(self.ask("/intact") or "")["changed"]:
                reason = f"It changes `{changed[0]}`, which is not its own: the site around your fix stays as it is."
                raise CheckFailed(self.side, reason, [])

    def served(self) -> int | None:
        """How many responses the process that serves this request gave before; None where it does not say."""
        return self._count("served")

    def begun(self) -> int | None:
        """How many requests it had before, answered or not; None where it does not say."""
        return self._count("begun")

    @contextmanager
    def outage(self) -> Iterator[Callable[[], int]]:
        """While the block lasts, the teams that the app asks in its own process fail. Yields how often they have."""
        self._outage.write_bytes(b"")
        try:
            yield lambda: self._outage.stat().st_size
        finally:
            self._outage.unlink()

    def asked(self) -> set[str]:
        """The teams in its own process that it has asked so far, by name."""
        return {one.name for one in self._asked.iterdir()}

    def unclosed(self) -> int:
        """How many connections its processes still have whose clients have closed them."""
        there = (one for _, one in self.process.sockets() if one.laddr.port == self.port)
        return len({one.raddr for one in there if one.status == psutil.CONN_CLOSE_WAIT})

    def holding(self, text: bytes) -> int:
        """How many objects of the process that serves this request hold a text; 0 where it does not say."""
        with suppress(ValueError, TypeError, KeyError):
            digest = hashlib.sha256(text).hexdigest()
            return int(json.loads(self.ask(f"/holds?digest={digest}&length={len(text)}") or "")["holding"])
        return 0

    def objects(self) -> Counter[str]:
        """How many objects the process that serves this request keeps, by type; empty where it does not say."""
        with suppress(ValueError, TypeError):
            return Counter({kind: int(count) for kind, count in dict(json.loads(self.ask("/objects") or "")).items()})
        return Counter()

    def blocks(self) -> Blocks | None:
        """What the process that serves this request holds; None where it does not say."""
        with suppress(ValueError, TypeError, KeyError):
            said = json.loads(self.ask("/blocks") or "")
            return Blocks(int(said["process"]), int(said["served"]), int(said["blocks"]))
        return None

    def fail_inside(self, times: int, within_s: float) -> None:
        """Asks for a handler that raises, so often, one after the other, for as long as there is time."""
        deadline = time.monotonic() + within_s
        while times and time.monotonic() < deadline:
            self.ask("/error")
            times -= 1

    def under_way(self) -> int | None:
        """How many requests it is busy with, also of visitors who have left; None where it does not say."""
        return self._count("under_way")

    def _count(self, of: str) -> int | None:
        """One of the app's own counts; None where a fix rejects even this request."""
        reply = None if self.process.ended else self.ask("/served")
        with suppress(ValueError, TypeError, KeyError):
            return int(json.loads(reply or "")[of])
        return None

    def jobs(self, since: float) -> list[float]:
        """When jobs were done, in seconds since a moment (time.monotonic()). Each job counts once, the first time."""
        return sorted(ledger.read(self._ledger, since).values())

    def attempts(self, since: float) -> Counter[str]:
        """How often each job was entered into the ledger since a moment (time.monotonic())."""
        return Counter(job for job, moment in ledger.entries(self._ledger) if moment >= since)

    def listeners(self, begun: float) -> list[tuple[float, int]]:
        """How many listen to a feed of the site, as `ledger.listeners` has it, up to when no request is under way.

        Those that the feed has and the ledger does not are added at the end.
        Garbage is collected first: a stream that is only waiting for that is no leak.
        """
        self.wait_gone()
        self.objects()
        self.wait_gone()  # what was collected may have something to finish
        alive = self.usage().pids
        steps, ever = (ledger.listeners(self._ledger, since, alive) for since in (begun, 0.0))
        # The ledger is read before the feed is asked: a listener that leaves in between is no excess.
        if (hidden := (self._count("listening") or 0) - ever[-1][1]) > 0:
            steps.append((time.monotonic() - begun, steps[-1][1] + hidden))
        return steps

    def wait_gone(self) -> None:
        """Waits until no request is under way: it has `GONE_WITHIN_S` to notice that its visitors have left."""
        deadline = time.monotonic() + GONE_WITHIN_S
        while self.under_way() and time.monotonic() < deadline:
            time.sleep(0.05)

    def blocked(self, begun: float) -> dict[int, list[tuple[float, float]]]:
        """When the loops of its processes stood still, in seconds from a moment (time.monotonic()), by process."""
        found: dict[int, list[tuple[float, float]]] = {}
        for line in self._blocked.read_text().splitlines():
            with suppress(ValueError):  # a fix may write there, too
                pid, from_s, to_s = line.split()
                found.setdefault(int(pid), []).append((float(from_s) - begun, float(to_s) - begun))
        return found

    def usage(self) -> Usage:
        """What its process tree has used by now, with what it had used before it was killed and started again."""
        usage = self.process.usage()
        return usage._replace(cpu_s=usage.cpu_s + self._gone_cpu_s)

    def set_stall_pace(self, pace: float) -> None:
        """Sets how often and how long a part that stalls does so, as a factor. Only the server and the kit know it."""
        self.process.send_line(f"{pace:.3f}")

    def stalls(self, begun: float) -> list[tuple[float, float]]:
        """From when to when it stood still, as it reports, in seconds from a moment (time.monotonic())."""
        found = (STALLED.match(line) for line in list(self.process.output))
        return [(float(said[1]) - begun, float(said[2]) - begun) for said in found if said]

    def deploy(self, kind: str = "") -> None:
        """Puts a new release in place and asks for a reload, as a deploy script does: SIGHUP.

        Its name begins with its `kind`, if it has one.
        """
        self._before_deploy = self.process.exec_ids()
        self.release = kind + secrets.token_hex(4)  # a process that has not loaded it cannot guess its name
        self._reload(self.release)

    def deploy_broken(self) -> None:
        """The same with a release that cannot start: `release` stays the one that is to serve."""
        self._reload(f"{secrets.token_hex(2)}-{secrets.token_hex(2)}")  # `app.base` refuses to load it

    def _reload(self, release: str) -> None:
        self._release_file.write_text(release)
        self._deployed_at = time.monotonic()
        self.process.signal(signal.SIGHUP)

    def await_deploy(self) -> float | None:
        """After how many seconds only the new release served: five responses in a row. None after `DEPLOY_WITHIN_S`.

        They must come from processes that are new, or have exec'd: old code may have read the new release's name.
        """
        deadline = self._deployed_at + DEPLOY_WITHIN_S
        wanted = f'"{self.release}"'
        while time.monotonic() < deadline and not self.process.ended:
            if all(wanted in (self.ask("/release") or "") for _ in range(5)):
                before = {pid for pid, _ in self.process.exec_ids() & self._before_deploy}
                if not self.workers(10) & before:
                    return time.monotonic() - self._deployed_at
            time.sleep(0.1)
        return None

    def not_reloaded(self) -> set[int]:
        """The ids of the processes that were there before the deploy, and have not exec'd since: they run old code."""
        before = {pid for pid, _ in self._before_deploy}
        return before - {pid for pid, _ in self.process.exec_ids() - self._before_deploy}

    def terminate(self) -> float:
        """Sends SIGTERM, and SIGKILL after `EXIT_WITHIN_S`, as an orchestrator does. Returns the seconds to the end."""
        begun = time.monotonic()
        self.process.signal(signal.SIGTERM)
        self.process.wait_ended(EXIT_WITHIN_S)
        self.stop()
        return time.monotonic() - begun

    def cut_off(self) -> None:
        """Kills its whole process tree, as a power cut does."""
        self._gone_cpu_s = self.usage().cpu_s
        self.stop()

    def restart(self) -> None:
        """Starts it again on the same port. Raises SideError where it does not serve."""
        self._begin(self.port)
        self.wait_ready()

    @property
    def stopped_cleanly(self) -> bool:
        """Whether the lifespan's shutdown ran to its end: the app says so."""
        return "stopped cleanly" in self.process.output

    @property
    def persisted(self) -> int | None:
        """How much the part says it persisted on shutdown; None where it does not say."""
        found = (WRITTEN_DOWN.match(line) for line in self.process.output)
        return next((int(said[1]) for said in found if said), None)

    def workers(self, asked: int = 40) -> set[int]:
        """The ids of the processes that accept a connection, of so many made one after the other.

        The kernel reports which process has each, not the site. Only the first letter of a request is sent, so that a
        process cannot tell what the connection is for.
        """
        with ExitStack() as stack:
            ports = set()
            for _ in range(asked):
                with suppress(OSError):
                    connection = stack.enter_context(socket.create_connection((self.host, self.port), timeout=1))
                    connection.sendall(b"G")
                    ports.add(connection.getsockname()[1])
                    time.sleep(0.005)  # one after the other: the first process to wake takes all that wait
            return self.process.pids_with_socket(lambda one: bool(one.raddr) and one.raddr.port in ports)

    def kill(self, pid: int, by: signal.Signals = signal.SIGKILL) -> None:
        """Ends one process of the tree: with SIGKILL as the kernel does when memory is short, or by another signal."""
        if pid in self.usage().pids:
            if hasattr(resource, "prlimit"):  # on Linux: elsewhere there is no core file as a rule
                resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
            os.kill(pid, by)

    def stop(self) -> None:
        """Kills its whole process tree."""
        self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
