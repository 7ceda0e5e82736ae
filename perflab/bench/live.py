"""Where a lab is measured: its sides as running servers, and one load generator.

The judge knows only the protocol `Bench`; tests put a stand-in with made-up samples in its place.
"""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from perflab.bench import bounds, interference, profiler
from perflab.bench.checks import CHECKS, STUCK, asked_meanwhile, reader
from perflab.bench.incident import Looks, Observers
from perflab.bench.load_client import COLLECT_WITHIN_S, LoadClient, LoadError
from perflab.bench.server import Blocks, Server
from perflab.bench.services import Service
from perflab.bench.together import at_once
from perflab.course.lab import STALL_PACES, Lab, Side
from perflab.judge.bench import SHARED_MEMORY
from perflab.judge.errors import CheckFailed, SideError
from perflab.judge.fairness import OURS
from perflab.measure.samples import Profile, Samples

VISITS = 6  # of each user, to compare responses without load
CALIBRATED, CALIBRATION_SEED = 8, 1  # visits of each user, to see how long they take here
PROFILED_S = 2.5
IDLE_WITHIN_S = 10.0
IDLE_LOOK_S = 0.06
DOSE, DOSES, ROUGH_S = 24, 100, 0.6  # hung up on, of each name; how often at most; and for how long
DOSE_IN_OUTAGE = 36  # more at once: an outage is to be met often within its time
DOSE_WITHIN = 12  # and fewer while a team in the side's own process fails: there may be none
OF_REQUESTS = ("Task", "traceback", "Thread", "process")
ERRORS, ERRORS_WITHIN_S = 100, 6.0  # in a handler of the site's own: more than any limit has places
FAILED_CALLS, FAIL_AT_MOST_S = 150, 2.0  # of a side to another team
STILL_S = 4.0  # for a ping, while nobody else is there
MET_WITHIN_S = 3.0  # a team that fails: longer than any lab lets an answer of it be used again
STUCK_S = 2.0  # is a response made, and sent as far as it goes
SILENT_S = 1.5  # for which a service says nothing
PATIENCE_S = 11.0  # with a call that has no reply: longer than the ten seconds that many clients are given
BLOCKS_ASKED = 4  # times, where a side has several processes
VISITS_SEARCHED = 40  # of each user, for a request with a password
TIMES_SENT = 8  # is a request with a password
UNCLOSED_FOR_S = 1.0  # is a connection that its visitor has closed, before anybody says so
CLOSED_WITHIN_S = 0.3  # are the connections of visits
VISITS_LATE, VISITS_FAILING = 30, 30  # of each user, while other teams are late, or fail
VISITS_FAILING_WITHIN = 8  # and while only those in the side's own process do, which may take their time for it
WARM_UP_SEED = 0  # no round's, whose seeds are drawn
RESTED_S = 3.0  # after a warm-up
STOP_AFTER_S = 0.3  # of light load
ACCEPTED_S = 0.05  # a request sent so long before is accepted
LAST_MS, LAST_BEFORE_S = 500, 0.03  # of work that a stop finds just begun: it takes longer than to notice an end
GONE_S = 0.05  # after the first process has ended, no response of others is on its way any more
WAYS = 3  # to open a connection behind a proxy, and send a request on it
BAD_GATEWAY = 502  # says a proxy that has had no answer
IDLE_CPU_S = 0.015  # used by a side within one look: one of the kernel's ticks, and no more


class LiveBench:
    """The Bench with real processes. Use it as a context manager: leaving it ends every process."""

    def __init__(self, lab: Lab, fixes: dict[Side, Path | None], profiled: bool = False, judging: bool = True) -> None:
        """With `judging`, a part whose stalls are measured against the truth stalls at a secret pace."""
        self.lab = lab
        self.secret = judging and lab.is_against_truth
        self._stall_paces: dict[int, float] = {}
        self._unsaid: dict[Side, int] = {}
        self._followed: dict[str, float] | None = None  # rates in visits per second, by user
        self.fixes = fixes
        self.profiled = profiled or lab.is_profiled
        self.servers: dict[Side, Server] = {}
        self.services: list[Service] = []
        self.proxy: Service | None = None  # one of them
        self._named: dict[str, str] = {}  # the services' URLs, for the load generators
        self.profiles: dict[Side, Profile | None] = {}
        self.warm_at: dict[Side, float] = {}  # time.monotonic() at the end of a side's last warm-up
        self._sources = interference.sources(lab)
        self.scheduling: dict[Side, object] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="perflab-")
        self._load_clients: dict[Path, LoadClient] = {}
        self._load_client(next(iter(fixes)))  # it takes a while to start: meanwhile the servers do

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for side in list(self.servers):
            self.stop(side)
        for service in self.services:
            service.stop()
        for client in self._load_clients.values():
            client.process.stop()
        self._folder.cleanup()

    def start(self, side: Side) -> list[str]:
        """Starts a side and the services it needs, and returns the names that its fix overrides.

        Slow and ours begin together, since each takes a while. Raises SideError and RequirementMissing.
        """
        folder = Path(self._folder.name)
        for need in self.lab.services[len(self.services) :]:
            self.services.append(Service(need, folder))
            self._named |= self.services[-1].environment("visitors")
        if (declared := self.lab.proxy) and not self.proxy:
            self.proxy = Service("nginx", folder, [f"{declared.keep_alive_s:g}", f"{declared.delay_ms:g}"])
            self.services.append(self.proxy)
        for one in OURS if side in OURS else (side,):
            if one in self.fixes and one not in self.servers:
                env = {name: url for service in self.services for name, url in service.environment(one).items()}
                fix = None if self.lab.is_about_load else self.fixes[one]
                self.servers[one] = Server(self.lab, one, fix, folder, env, waits=False)
        server = self.servers[side]
        server.wait_ready()
        if declared and self.proxy:
            server.fronts = self.proxy.front(side, server.port)
        self._check_sources()
        self.scheduling[side] = server.process.scheduling()
        if not self.lab.is_about_load:
            return server.overrides
        with self._driving(side) as client:
            return client.overrides()

    def _load_client(self, side: Side) -> LoadClient:
        """The load generator for a side's scenario: one for all sides, unless the lab is about the scenario."""
        scenario = self.lab.scenario(self.fixes[side])
        if scenario not in self._load_clients:
            self._load_clients[scenario] = LoadClient(self.lab, scenario, Path(self._folder.name), self._named)
        return self._load_clients[scenario]

    @contextmanager
    def _driving(self, side: Side) -> Iterator[LoadClient]:
        """A side's load generator. Raises SideError if it fails, LoadError if a scenario of ours does not load."""
        try:
            yield self._load_client(side)
        except LoadError as error:
            if self.lab.is_about_load:
                raise SideError(side, "Locust cannot run it.", error.output) from None
            if not error.loaded:
                raise
            raise SideError(side, "The load generator did not live through its answers.", error.output) from None

    def stop(self, side: Side) -> None:
        """Ends a side and every process it started."""
        self.servers.pop(side).stop()
        self.warm_at.pop(side, None)

    @property
    def _begins_cold(self) -> bool:
        """Whether each round begins with a new process, which is not warmed up."""
        return self.lab.incident is not None and self.lab.incident.begins_cold

    def warm_up(self, sides: Sequence[Side], seed: int) -> None:
        """Drives sides for a moment, at the same time. Takes their profiles, where any are wanted.

        Raises SideError and LoadError.
        """
        if self._begins_cold:
            return
        for client, together in self._by_client(sides):
            seconds, look = PROFILED_S if self.profiled else self.lab.warm_up_s, partial(self._profile, together)
            with self._driving(together[-1]):
                urls = [self.servers[side].visited_url for side in together]
                client.drive(urls, seed, seconds, look if self.profiled else None, rates=self._rates(together[0]))
        for side in sides:
            self.servers[side].check_alive()
            self.warm_at[side] = time.monotonic()

    def _profile(self, sides: Sequence[Side], begun: float) -> None:
        def profile(side: Side) -> None:
            self.profiles[side] = profiler.sample(self.servers[side], PROFILED_S)

        at_once([partial(profile, side) for side in sides])

    def _by_client(self, sides: Sequence[Side]) -> list[tuple[LoadClient, list[Side]]]:
        """The load generators for these sides, each with its sides."""
        found: dict[LoadClient, list[Side]] = {}
        for side in sorted(sides, key=_is_yours):
            found.setdefault(self._load_client(side), []).append(side)
        return list(found.items())

    def visit(self, sides: Sequence[Side], seed: int) -> dict[Side, Samples]:
        """Makes each user's first visits without load, to these sides at the same time, and returns the responses.

        Raises SideError and LoadError.
        """
        self._restart(*sides)
        self.wait_idle(*sides)  # of what the warm-up has left to do
        for side in sides:
            self._rest(side)
        visited: dict[Side, Samples] = {}
        for client, together in self._by_client(sides):
            with self._driving(together[-1]):
                urls = [self.servers[side].compared_url for side in together]
                visited |= zip(together, client.visit(urls, seed, VISITS), strict=True)
        for side in sides:
            self._finish_visits(side, visited[side])
            if self._begins_cold:
                self.servers[side].stop()  # so that its first round begins as the others do, with a new process
        return visited

    def _rest(self, side: Side) -> None:
        """Waits until a side that tells of load has nothing to tell of its warm-up: others would differ by that."""
        if self.lab.ignore_fields_under_load and not self.lab.incident:
            time.sleep(max(0.0, self.warm_at[side] + RESTED_S - time.monotonic()))

    def visit_again(self, side: Side, seed: int, keys: Sequence[str], in_turn: bool = False) -> Samples:
        """Repeats visits of a round without load, and returns the responses. Raises SideError and LoadError."""
        return self._visit_again(side, seed, keys, 1 if in_turn else None)

    def visit_at_once(self, side: Side, seed: int, keys: Sequence[str]) -> Samples:
        """Makes visits with these keys all at once, without load. Raises SideError and LoadError."""
        return self._visit_again(side, seed, keys, len(keys))

    def _visit_again(
        self, side: Side, seed: int, keys: Sequence[str], at_once: int | None, marked: bool = False
    ) -> Samples:
        self._restart(side)
        with self._driving(side) as client:
            visited = client.visit_again(self.servers[side].compared_url, seed, keys, at_once, marked)
        self._finish_visits(side, visited)
        return visited

    def _finish_visits(self, side: Side, visited: Samples) -> None:
        server = self.servers[side]
        with self._driving(side) as client:
            client.collect(server.compared_url, visited)
        if self.proxy:
            self.proxy.check_unchanged()
        server.check_alive()  # a tree that was ended for its size has not answered otherwise
        server.check_intact()

    def be_rough(self, side: Side, seed: int) -> bool:
        """Sends a side what real clients and services do to one. Returns whether another team failed meanwhile.

        Doses of visitors hang up in the middle, and some never read: for as long as there is time, and then while each
        other team fails that it calls or asks in its own process, until it has met the failure a few times. It is under
        load when that begins, as on any day. In the end a handler of the site's own raises.
        Raises SideError and LoadError.
        """
        self._restart(side)
        server = self.servers[side]
        calls = [service for service in self.services if service.type.recounts or service.type.drops]
        seeds = iter(range(seed, seed + DOSES))
        with self._driving(side) as client:

            def dose(count: int) -> None:
                server.sent_roughly += client.be_rough(server.visited_url, next(seeds), count)

            until = time.monotonic() + ROUGH_S
            while time.monotonic() < until:
                dose(DOSE)
            failed = False
            # The site is there to call a service, if only now and then. A team in its own process it may not have.
            outages = [(service.outage(side), MET_WITHIN_S, DOSE_IN_OUTAGE) for service in calls]
            met, within = 0, server.outage()
            for outage, met_within_s, count in [*outages, (within, 0.0, DOSE_WITHIN)]:
                with outage as failures:
                    begun = time.monotonic()
                    dose(count)
                    while (met := failures()) < FAILED_CALLS and time.monotonic() - begun < (
                        FAIL_AT_MOST_S if met else met_within_s
                    ):
                        dose(DOSE_IN_OUTAGE)
                    failed |= met > 0
                    if met and outage is within:  # elsewhere a backlog may be left of the failures before
                        self._check_others_served(side)
            server.calls_within = met > 0  # the last of these
            server.fail_inside(ERRORS, ERRORS_WITHIN_S)
        server.check_alive()
        if self.proxy:  # where a visitor hung up, it has closed the connection behind as well
            self.warm_up([side], WARM_UP_SEED)
        return failed

    def _check_others_served(self, side: Side) -> None:
        """Raises CheckFailed where nobody is served any more, not even a ping, while what a side calls fails."""
        server = self.servers[side]
        if all(server.ask("/ping", STILL_S) is None for _ in range(2)) and not server.process.ended:
            reason = (
                f"While what it calls failed, a ping had no answer within {STILL_S:g} s either, nor had the next. "
                "What does the site do all the time?"
            )
            raise CheckFailed(side, reason, server.error())

    def left_behind(self, side: Side) -> Counter[str]:
        """How many tasks, tracebacks and threads a side keeps while it has nothing to do, by type; and which process.

        They belong to requests, and only so many should be kept for longer. So do pieces of shared memory, which the
        kernel counts; the others are missing where the side does not say.
        """
        self._restart(side)
        self.wait_idle(side)
        server = self.servers[side]
        kept = {kind: count for kind, count in server.objects().items() if kind.rpartition(".")[2] in OF_REQUESTS}
        return Counter({**kept, SHARED_MEMORY: len(server.process.segments())})

    def visit_late(self, side: Side, seed: int) -> Samples:
        """Makes some visits at once, without load, while the teams that a side calls take longer than ever.

        There are none where it calls no team. Raises SideError and LoadError.
        """
        calls = [service for service in self.services if service.type.delays]
        return self._visit_meanwhile(side, seed, [service.delay(side) for service in calls], VISITS_LATE, VISITS_LATE)

    def visit_failing(self, side: Side, seed: int) -> Samples:
        """Makes some visits without load while calls of a side to other teams fail, and to those in its own process.

        Half of them do, where that can be: a page has some of what it needs. There are no visits where it calls no
        team. Raises SideError and LoadError.
        """
        calls = [service for service in self.services if service.type.recounts or service.type.drops]
        outages = [service.unreliable(side) for service in calls]
        visits = VISITS_FAILING if outages else VISITS_FAILING_WITHIN
        met = any(server.calls_within for server in self.servers.values())  # ours was not sent rough requests
        within = [self._listened_to(side)] if met else []
        return self._visit_meanwhile(side, seed, [*outages, *within], visits)

    @contextmanager
    def _listened_to(self, side: Side) -> Iterator[None]:
        """An outage of the teams in a side's own process, which notes whether the side says anything of it."""
        server = self.servers[side]
        with server.outage() as failures:
            printed = server.process.printed
            yield
            server.wait_gone()
            self._unsaid[side] = failures() if server.process.printed == printed else 0

    def _visit_meanwhile(
        self,
        side: Side,
        seed: int,
        troubles: Sequence[AbstractContextManager[object]],
        visits: int,
        at_once: int | None = None,
    ) -> Samples:
        """Makes so many visits of each user without load while these troubles last; none where there are none.

        They are made a few at a time, or so many at once.
        """
        if not troubles:
            return Samples(0.0, [])
        self._restart(side)
        server = self.servers[side]
        with ExitStack() as meanwhile, self._driving(side) as client:
            for trouble in troubles:
                meanwhile.enter_context(trouble)
            samples = client.visit_together(server.compared_url, seed, visits, at_once)
        server.sent_roughly += len(samples.responses)
        return samples

    def abandoned(self, side: Side, seed: int) -> int:
        """How many tasks are left of visitors who have their response, while what the lab is about hangs.

        0 where it is about nothing that hangs. Raises SideError and LoadError.
        """
        if not self.lab.hangs:
            return 0
        self._restart(side)
        server = self.servers[side]
        hung = next(service for service in self.services if service.type.counts)
        before = server.objects()
        with hung.hanging(self.lab.hangs), self._driving(side) as client:
            visited = client.visit_together(server.compared_url, seed, VISITS_FAILING)
            server.wait_gone()
            left = server.objects() - before
        server.sent_roughly += len(visited.responses)
        return sum(count for kind, count in left.items() if kind.rpartition(".")[2] == "Task")

    @contextmanager
    def holding(self, side: Side, seed: int) -> Iterator[Callable[[], bool] | None]:
        """While the block lasts, a call of a side to another team has no reply. Yields whether its visitor waits on.

        That is known once every request has ended, or `PATIENCE_S` are over. Yields None where a side calls no team,
        or where the lab is about one that hangs. Raises LoadError and SideError.
        """
        calls = [service for service in self.services if service.type.delays and not self.lab.incident]
        if not calls:
            yield None
            return
        asked, server = self._one_of_each_name(side, seed), self.servers[side]
        with ThreadPoolExecutor(len(asked)) as asking, ExitStack() as held:
            for service in calls:
                held.enter_context(service.hold(side))
            waiting = [asking.submit(server.waits, request, PATIENCE_S) for request in asked]
            server.sent_roughly += len(asked)
            yield lambda: any(one.result() for one in waiting) and any(service.holds(side) for service in calls)

    def kept(self, side: Side, seed: int, keys: Sequence[str]) -> float:
        """How many blocks of memory a side keeps for each response to these visits, with that seed.

        Raises SideError and LoadError.
        """
        self._restart(side)
        server = self.servers[side]
        before = self._blocks(server)
        self._visit_again(side, seed, keys, None, marked=True)  # a key may be the whole address
        server.wait_gone()
        time.sleep(CLOSED_WITHIN_S)
        pairs = [(before[pid], one) for pid, one in self._blocks(server).items() if pid in before]
        served = sum(late.served - early.served for early, late in pairs)
        return sum(late.blocks - early.blocks for early, late in pairs) / max(1, served)

    def unclosed(self, side: Side) -> int:
        """How many connections a side still has whose visitors have left: a process that was forked keeps some.

        0 where the system does not say. Raises SideError.
        """
        self._restart(side)
        self.wait_idle(side)
        server = self.servers[side]
        deadline = time.monotonic() + UNCLOSED_FOR_S
        while (left := server.unclosed()) and time.monotonic() < deadline:
            time.sleep(IDLE_LOOK_S)
        return left

    def asked(self, side: Side) -> set[str]:
        """The teams in its own process that a side has asked so far, by name."""
        return self.servers[side].asked()

    def passwords_kept(self, side: Side, seed: int) -> int:
        """How many of the passwords of a request of each name a side keeps when these are over.

        Raises SideError and LoadError.
        """
        asked, server = self._one_of_each_name(side, seed, VISITS_SEARCHED), self.servers[side]
        requests = [request for request in asked if _password(request)]
        for request in TIMES_SENT * requests:  # to each of its processes, with luck
            server.waits(request, PATIENCE_S)
        server.sent_roughly += TIMES_SENT * len(requests)
        server.wait_gone()
        passwords = {_password(request) for request in requests}
        return sum(any(server.holding(one) for _ in range(BLOCKS_ASKED)) for one in passwords)

    def unsaid(self, side: Side) -> int:
        """How many calls of a side to teams in its process failed during `visit_failing`, without a word printed."""
        return self._unsaid.get(side, 0)

    def unserved_in_silence(self, side: Side, seed: int) -> int:
        """How many pings have no answer while a service says nothing, and a request of each name waits for it.

        0 where a side calls no service. Raises SideError and LoadError.
        """
        calls = [service for service in self.services if not service.type.in_front]
        if not calls:
            return 0
        asked, server = self._one_of_each_name(side, seed), self.servers[side]
        with ThreadPoolExecutor(len(asked)) as asking, ExitStack() as silent:
            for service in calls:
                silent.enter_context(service.silence())
            for request in asked:
                asking.submit(server.waits, request, SILENT_S)
            server.sent_roughly += len(asked)
            with asked_meanwhile(server) as answers:
                time.sleep(SILENT_S)
        return answers.count(None)

    def kept_for_stuck(self, side: Side, seed: int) -> float:
        """How many MiB a side takes for `STUCK` readers of each request who read nothing. Raises SideError, LoadError.

        The kernel keeps some of a response as well, which is on no process's account.
        """
        asked, server = self._one_of_each_name(side, seed), self.servers[side]
        before_mib = server.usage().rss_mib
        with ExitStack() as stuck:
            for request in asked:
                for _ in range(STUCK):
                    stuck.enter_context(closing(reader(server, request)))
            time.sleep(STUCK_S)
            kept_mib = server.usage().rss_mib - before_mib
        server.sent_roughly += STUCK * len(asked)
        return kept_mib

    def _one_of_each_name(self, side: Side, seed: int, visits: int = 1) -> list[bytes]:
        """A request of each name for a side, as bytes, of so many visits of each user; it serves then.

        Raises SideError and LoadError.
        """
        self._restart(side)
        with self._driving(side) as client:
            return client.one_of_each_name(self.servers[side].visited_url, seed, visits)

    def may_keep(self, side: Side) -> bool:
        """Whether a side's own code may keep something without a bound, as far as it can be read."""
        return bounds.may_keep(self.fixes[side])

    @staticmethod
    def _blocks(server: Server) -> dict[int, Blocks]:
        """What its processes hold, as far as they answer, by their ids."""
        said = [server.blocks() for _ in range(1 if len(server.usage().pids) == 1 else BLOCKS_ASKED)]
        return {one.pid: one for one in said if one}

    def end(self, side: Side, seed: int) -> str | None:
        """Tells a side to stop under a light load. Returns what it did wrong, as a sentence, or None. It is gone then.

        Raises SideError and LoadError.
        """
        self._restart(side)
        server = self.servers[side]
        self.wait_idle(side)  # of what a check has left to do
        taken_s, last_at, segments = 0.0, 0.0, set[Path]()  # `last_at` 0: what it worked on was never answered

        def work() -> None:
            nonlocal last_at
            time.sleep(STOP_AFTER_S - LAST_BEFORE_S)
            if server.ask(f"/stall/{LAST_MS}") is not None:
                last_at = time.monotonic()

        def stop() -> None:
            nonlocal taken_s
            time.sleep(STOP_AFTER_S)
            segments.update(server.process.segments())
            taken_s = server.terminate()

        def stop_at_work(begun: float) -> None:
            at_once([work, stop])

        with self._driving(side) as client:
            rows = client.drive_lightly(server.visited_url, seed, 2 * STOP_AFTER_S, stop_at_work)
        if server.process.exit is None:
            return f"It was told to stop under a light load, and after {taken_s:.0f} s it had to be killed."
        if left := server.process.left:
            return f"It was told to stop, and ended; {left} of its processes still ran, with nothing left to stop them."
        if not server.stopped_cleanly:
            return "It was told to stop, and ended before the shutdown of its lifespan had run to the end."
        if kept := sorted(path for path in segments if path.exists()):
            return f"It was told to stop, and ended; its shared memory {kept[0]} is still there."
        way_s = WAYS * self.lab.proxy.delay_ms / 1000 if self.lab.proxy else 0.0
        lost = {0, BAD_GATEWAY} if self.lab.proxy else {0}
        if cut := [row.name for row in rows if row.status in lost and row.sent_s < STOP_AFTER_S - ACCEPTED_S - way_s]:
            return f"It was told to stop under a light load, and cut off {len(cut)} requests, one of them to {cut[0]}."
        if not last_at:
            return "It was told to stop while it worked on a request, which never had its answer."
        if last_at > server.process.first_ended_at + GONE_S:
            return (
                "It was told to stop, and its first process ended while another one still worked on a request. "
                "In a container, everything ends with the first."
            )
        return None

    def error(self, side: Side) -> list[str]:
        """The last error that a side printed, line by line; empty where it printed none."""
        return self.servers[side].error()

    def unheard(self, side: Side) -> Counter[str]:
        """The tasks of a side that have failed unheard since it was started, by the name of the function."""
        return self.servers[side].unheard()

    def check(self, name: str, side: Side) -> str | None:
        """Runs one of `CHECKS`. Returns what it found, as a sentence, or None."""
        return CHECKS[name](self.servers[side], self.services)

    def wait_idle(self, *driven: Side) -> None:
        """Waits until no side uses the CPU: a backlog of one side would disturb the round of another.

        The sides to be driven must have no requests under way either, from visitors who have left. It waits for those
        `IDLE_WITHIN_S` at most: what a request without an end costs is for the metrics to show. Raises SideError where
        a side still uses the CPU then, or one to be driven has ended.
        """
        deadline = time.monotonic() + IDLE_WITHIN_S
        while True:
            for side in driven:
                self.servers[side].check_alive()
            before = {side: self.used_s(side) for side in self.servers}
            time.sleep(IDLE_LOOK_S)
            used = {side: self.used_s(side) - before[side] for side in self.servers}
            busiest = max(used, key=lambda side: used[side])
            late = time.monotonic() > deadline
            if used[busiest] <= IDLE_CPU_S and (late or not self._under_way(driven)):
                return
            if late:
                share = used[busiest] / IDLE_LOOK_S
                raise SideError(busiest, f"Without load, it still used {share:.0%} of a core.", [])

    def _await_jobs(self) -> None:
        """Waits until no service has jobs left to do, `COLLECT_WITHIN_S` at most."""
        deadline = time.monotonic() + COLLECT_WITHIN_S
        while any(one.pending() for one in self.services) and time.monotonic() < deadline:
            time.sleep(IDLE_LOOK_S)

    def _under_way(self, driven: Sequence[Side]) -> bool:
        """Whether one of these sides has requests under way, or a service."""
        asked = [self.servers[side].under_way() for side in driven]
        return any(count != 0 for count in [*asked, *(one.pending() for one in self.services)])

    def _rates(self, side: Side) -> Mapping[str, float]:
        """The rates of the users whose rates follow the machine: the same for every side, and all the time.

        How long a visit takes without load is measured once, on the slow side if it was started. Where that does not
        answer, the scenario's own rates stay.
        """
        if self._followed is None:
            self._followed = {}
            if self.lab.utilization:
                asked: Side = "slow" if "slow" in self.servers else side
                with self._driving(asked) as client:
                    (visited,) = client.visit([self.servers[asked].compared_url], CALIBRATION_SEED, CALIBRATED)
                for user, share in self.lab.utilization.items():
                    took_ms = [one.latency_ms for one in visited.responses if one.user == user and one.status]
                    if took_ms:
                        self._followed[user] = 1000 * share / median(took_ms)
        return self._followed

    def _stall_pace(self, seed: int) -> float:
        """The stall pace of a round: middle, low or high in turn, so that no made-up figure fits two rounds in a row.

        It does not come from the seed, which the load generator knows.
        """
        if seed not in self._stall_paces:
            pace = STALL_PACES[len(self._stall_paces) % len(STALL_PACES)]
            self._stall_paces[seed] = pace * random.SystemRandom().uniform(0.85, 1.15)
        return self._stall_paces[seed]

    def _check_sources(self) -> None:
        """Raises SideError if a file that the sides come from was changed. Runs before ours is started, too."""
        if changed := sorted(path for path, _ in interference.sources(self.lab) ^ self._sources):
            first = changed[0]
            name = first.relative_to(self.lab.root) if first.is_relative_to(self.lab.root) else first.name
            raise SideError("course", f"The course's own {name} was changed while it was measured.", [])

    def _restart(self, *sides: Side) -> None:
        """Starts sides again that the lab's incident has ended, and warms them up unless rounds begin cold."""
        ended = [side for side in sides if self.lab.ends_each_round and self.servers[side].process.ended]
        for side in ended:
            self.stop(side)
        for side in ended:
            self.start(side)
        if ended:
            self.warm_up(ended, WARM_UP_SEED)

    def used_s(self, side: Side, driven: Side | None = None) -> float:
        """The CPU time in seconds that a side has used so far, with its load generator where it has one of its own.

        Where our fix stands in for yours, both have the same: then it belongs to the side that is driven.
        """
        own = [self._load_client(side).process] if self.lab.is_about_load else []
        if driven and self._load_client(side) is self._load_client(driven):
            own = []
        return sum(process.usage().cpu_s for process in [self.servers[side].process, *own])

    def drive(
        self,
        side: Side,
        seed: int,
        seconds: float | None = None,
        load: float = 1.0,
        *,
        calm: bool = False,
        listening: int | None = None,
    ) -> Samples:
        """Drives a side for one round, or for `seconds`, at `load` times the scenario's rates.

        It is `calm` without the lab's incident. With `listening`, the streams of that seed's visits are listened to.
        Raises SideError, RequirementMissing and LoadError.
        """
        heard: dict[Side, int] = {} if listening is None else {side: listening}
        return self.drive_together([side], seed, seconds, load, calm=calm, listening=heard)[side]

    def drive_together(
        self,
        sides: Sequence[Side],
        seed: int,
        seconds: float | None = None,
        load: float = 1.0,
        *,
        calm: bool = False,
        listening: Mapping[Side, int] = {},
    ) -> dict[Side, Samples]:
        """Drives some sides as `drive` does one, at the same time. They have one load generator."""
        sides = sorted(sides, key=_is_yours)
        seconds = seconds or self.lab.seconds
        self._restart(*sides)
        servers = {side: self.servers[side] for side in sides}
        for server in servers.values():
            server.check_alive()
            server.check_intact()
            if self.secret:
                server.set_stall_pace(self._stall_pace(seed))
        rates = self._rates(sides[-1])
        self.wait_idle(*sides)
        counting = next((service for service in self.services if service.type.counts), None)
        accounts = {side: _Accounts(self, side, sides, counting) for side in sides}
        incident = None if calm else self.lab.incident
        limit_mib, counts = self.lab.memory_limit_mib, self.lab.counts_listeners
        observers = {
            side: Observers(incident, server, self.services, seconds, limit_mib, counts, accounts[side].hidden)
            for side, server in servers.items()
        }
        with self._driving(sides[-1]) as client:
            urls = {side: server.visited_url for side, server in servers.items()}
            heard = {urls[side]: listened for side, listened in listening.items()}

            def observe(begun: float) -> None:
                at_once([partial(one.begin, begun) for one in observers.values()])

            driven = client.drive(list(urls.values()), seed, seconds, observe, load, heard, rates)
            if any(one.location for samples in driven for one in samples.responses):
                self._await_jobs()  # what is accepted is done, whether anybody asks for it or not
                for one in observers.values():
                    one.looks.jobs_until_s = time.monotonic() - one.looks.begun
            for url, samples in zip(urls.values(), driven, strict=True):
                client.collect(url, samples)
        for service in self.services:
            service.check_alive()
        if self.proxy:
            self.proxy.check_unchanged()
        for side, samples in zip(sides, driven, strict=True):
            samples.rates = {user: rate * load for user, rate in rates.items()}
            samples.profile = self.profiles.get(side)
            samples.rough = servers[side].sent_roughly
            samples.quota = self.lab.quota
            accounts[side].close(samples, observers[side].looks)
        for side, samples in zip(sides, driven, strict=True):
            observers[side].finish(samples)
        return dict(zip(sides, driven, strict=True))


def _password(request: bytes) -> bytes:
    """The password in the JSON body of a request, sent as these bytes; empty where there is none."""
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(request.partition(b"\r\n\r\n")[2])["password"]).encode()
    return b""


def _is_yours(side: Side) -> bool:
    """Sorts yours behind the others: of those with one load generator it is to blame if that fails."""
    return side == "yours"


class _Accounts:
    """What everybody has used before a side is driven, to be held against what they have used afterwards."""

    def __init__(self, bench: LiveBench, side: Side, together: Sequence[Side], counting: Service | None) -> None:
        """`together` are all sides that are driven at the same time."""
        self.bench = bench
        self.side = side
        self.counting = counting
        self.server = server = bench.servers[side]
        others: list[Side] = [other for other in bench.servers if other not in together]
        self.used_s: dict[Side, float] = {other: bench.used_s(other, side) for other in others}
        self.begun = {other: self._begun(other) for other in others}
        self.machine = interference.Machine(
            [*(bench.servers[one] for one in together), *(service.process for service in bench.services)]
        )
        judges_memory = any(metric.type.of_memory for metric in bench.lab.metrics)
        self.hidden = interference.Hidden(server.process) if judges_memory else None
        self.before, self.served = server.usage(), server.served()
        self.outside_cpu_s = self._outside_cpu_s()
        self.opened = counting.opened(side) if counting else None

    def _begun(self, side: Side) -> int | None:
        """How many requests a side had so far; None where it has several processes, each of which counts its own."""
        server = self.bench.servers[side]
        return server.begun() if len(server.usage().pids) == 1 else None

    def _outside_cpu_s(self) -> float:
        return sum(service.jobs_cpu_s() for service in self.bench.services)

    def close(self, samples: Samples, looks: Looks) -> None:
        """Writes into the round's samples what the side used, and what went on beside it."""
        samples.before, samples.after = self.before, self.server.usage()
        samples.outside_cpu_s = self._outside_cpu_s() - self.outside_cpu_s
        if self.counting and self.opened is not None and (by_now := self.counting.opened(self.side)) is not None:
            samples.opened = by_now - self.opened
        used_s = {other: self.bench.used_s(other, self.side) - before_s for other, before_s in self.used_s.items()}
        stray: dict[str, int] = {
            other: by_now - before_it - 1  # less this question itself
            for other, before_it in self.begun.items()
            if before_it is not None and (by_now := self._begun(other)) is not None
        }
        conditions = self.machine.watched(samples, used_s)
        hidden_mib = self.hidden.grown_mib() if self.hidden else 0.0
        conditions = conditions._replace(stray_requests=stray, hidden_mib=hidden_mib)
        if self.served is not None and (after := self.server.served()) is not None:
            samples.served = after - self.served - 1  # less the first of these two questions, which it answered itself
        if self.side != "yours":
            scheduling = (self.bench.scheduling[self.side], looks.scheduling)
            conditions = conditions._replace(tampered=interference.tampered(samples, scheduling, looks.stopped))
        samples.conditions = conditions
