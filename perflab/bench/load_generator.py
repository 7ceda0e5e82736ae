"""The load generator's process: runs a scenario against the sides, round after round.

    python -m perflab.bench.load_generator labs/01_blocked_loop/locustfile.py MARK

Each line of standard input is a JSON array of tasks, which are done at the same time: one in a round, several where
nothing is measured. `{"url": ..., "seed": 1, "seconds": 2.0, "to": "file"}` drives a round, with `"load": 0.5` at
half the scenario's rates; `"visits": 10` in place of `seconds` makes so many visits of each user one after the other,
and `"first": 3` so many a few at a time; `"again": ["Reader:0/7", ...]` repeats these visits of a round, with
`"at_once": 8` so many at a time, or `"marked": true` with a parameter more that no route reads; `"collect":
["/jobs/7", ...]` asks for these results until they are there; `"noted": 1` sends nothing, and returns a request of
each name; `"rough": 12` hangs up on so many requests of each name, and `"light": 0.6` drives so many seconds with a
request now and then. `"env"` names the services. It prints `MARK ready` when it can start, `MARK begun` as a round
begins, `MARK done` when the samples are in the files: the mark tells these lines from what a scenario prints.
"""

import gc
import hashlib
import importlib.util
import json
import math
import os
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import gevent
import gevent.pool
from locust import User
from locust.env import Environment
from locust.exception import CatchResponseError

from perflab import traffic
from perflab.bench import rough
from perflab.traffic import Arrival, Plan, current

BODY = 7  # its place in a row: see perflab.measure.samples.Response
EXCERPT = 4000  # bytes of each different response that are kept for showing
AGAIN_AT_ONCE = 4  # visits that are repeated, or results that are asked for
COLLECT_EVERY_S = 0.1  # a result that is not there yet
VISITS_KNOWN = 12  # of each user, from which rough requests and a light load are drawn
LEAD_S = 0.05  # for the users to start, before the first possible arrival: measured, that takes some milliseconds
LONG_LEAD_S = 0.2  # and for those who ask for something on a start


def say(*words: str) -> None:
    """Prints words for the kit, after its mark. Run by hand, there is no mark."""
    print(*sys.argv[2:3], *words, flush=True)


def load_users(scenario: Path) -> list[type[User]]:
    """Imports a locustfile, and returns its classes of users. Raises what the file raises, and SystemExit for none."""
    spec = importlib.util.spec_from_file_location("scenario", scenario)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["scenario"] = module
    spec.loader.exec_module(module)
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, User)]
    users = [user for user in classes if not user.abstract]
    if not users:
        sys.exit("There are no users in it. Define a class of users, with a task.")
    return users


def without(value: Any, fields: frozenset[str]) -> Any:
    """A JSON value without these fields, at any depth."""
    if isinstance(value, dict):
        return {key: without(item, fields) for key, item in value.items() if key not in fields}
    if isinstance(value, list):
        return [without(item, fields) for item in value]
    return value


def header(headers: Any, name: str) -> str:
    """A header's value; the last one where there are several, and "" where there is none."""
    value = headers.get(name) or ""
    return value if isinstance(value, str) else value[-1]


def number(text: str) -> int:
    """The number in a header, or 0 where it is none: a site may write anything there."""
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else 0


def is_cut_short(response: Any, headers: Any, content: bytes, method: str) -> bool:
    """Whether a response is only begun: its server was killed before the body was out, or failed in the midst of it."""
    if not getattr(getattr(response, "_response", None), "message_complete", True):  # as Locust's quick client knows
        return True
    whole = number(header(headers, "content-length")) <= len(content) or bool(header(headers, "content-encoding"))
    return not whole and method != "HEAD"


def place(location: str) -> str:
    """A Location header's path on the same site, or "" where it is none: a site may write anything there."""
    return location if re.fullmatch("/[!-~]{0,500}", location) else ""


class Recorder:
    """Turns Locust's request events into rows, and bodies into digests without the fields that may differ."""

    def __init__(self, plan: Plan, ignore_fields: list[str], planned: bool = True, by_path: bool = False) -> None:
        self.plan = plan
        self.by_path = by_path  # whether a request's name is its path, whatever the scenario calls it
        self.planned = planned  # whether users wait for the round to begin
        self.ignore_fields = frozenset(ignore_fields)
        self.rows: list[list[Any]] = []
        self.bodies: dict[str, str] = {}
        self._digests: dict[tuple[int, str, bytes], str] = {}
        self._raw: list[tuple[int, str, bytes] | None] = []

    def on_request(self, name: str, response_time: float, response: Any, exception: Any = None, **sent: Any) -> None:
        """Adds a row for one of Locust's request events."""
        # A load test of the learner's own may report any time: an impossible one counts as no response.
        possible = isinstance(response_time, int | float) and 0 <= response_time < math.inf
        response, response_time = (response, response_time) if possible else (None, 0.0)
        # One of Locust's own classes of users has no plan: then Locust's times count.
        arrival = current() or Arrival(self.plan, f"{name}:0/{len(self.rows)}", self.plan.now_s - response_time / 1000)
        if not self.planned and self.plan.seconds and arrival.intended_start_s < 0:
            self.plan.abandoned += 1  # such users do not wait for the round to begin: this is not of it
            return
        if self.by_path and (path := urlsplit(str(sent.get("url", ""))).path):
            name = path
        now_s = self.plan.now_s if arrival.answered_s is None else arrival.answered_s
        intended_start_s = arrival.intended_start_s if arrival.requests == 0 else now_s - response_time / 1000
        first_byte_s = now_s if arrival.first_byte_s is None else min(arrival.first_byte_s, now_s)
        key = f"{arrival.key}/{arrival.requests}"
        arrival.requests += 1
        headers = getattr(response, "headers", None) or {}
        status = getattr(response, "status_code", 0) or 0
        content = (response.content or b"") if status else b""
        if not arrival.streaming and is_cut_short(response, headers, content, sent.get("request_type", "")):
            status, content, headers = 0, b"", {}
        arrival.failed |= not 0 < status < 500 or status == 429
        # A body in a content coding is smaller on the wire than what it decodes to.
        wire_bytes = getattr(response, "wire_bytes", 0) if status else 0
        size = wire_bytes or number(header(headers, "content-length")) or len(content)
        media = header(headers, "content-type").partition(";")[0].strip()
        worker, retry_after = number(header(headers, "x-worker")), bool(header(headers, "retry-after"))
        invalid = isinstance(exception, CatchResponseError)
        self.rows.append(
            [
                key,
                name,
                intended_start_s,
                (now_s - intended_start_s) * 1000,
                status,
                size,
                worker,
                "",
                retry_after,
                invalid,
                place(header(headers, "location")) if status == 202 else "",
                (first_byte_s - intended_start_s) * 1000,
            ]
        )
        self._raw.append((status, media, content) if status and not arrival.streaming else None)

    def digest(self, status: int, media: str, content: bytes) -> str:
        """Digests a response, and keeps an excerpt. JSON counts by value: spacing and key order do not matter."""
        if media == "application/json":
            with suppress(ValueError):
                content = json.dumps(without(json.loads(content), self.ignore_fields), sort_keys=True).encode()
        digest = hashlib.blake2b(f"{status} {media}\n".encode() + content, digest_size=8).hexdigest()
        self.bodies.setdefault(digest, f"{status} {media}  {content[:EXCERPT].decode(errors='replace')}")
        return digest

    def finish(self) -> list[list[Any]]:
        """The rows with their digests, which are made only now: under load there is no time for it."""
        for row, raw in zip(self.rows, self._raw, strict=True):
            if raw is not None and raw not in self._digests:
                self._digests[raw] = self.digest(*raw)
            row[BODY] = self._digests[raw] if raw is not None else ""
        return self.rows


def lead_s(users: list[type[User]]) -> float:
    """How many seconds these users have to start in."""
    quick = all(hasattr(user, "visits") and user.on_start is User.on_start for user in users)
    return LEAD_S if quick else LONG_LEAD_S


def drive_round(users: list[type[User]], environment: Environment, plan: Plan) -> None:
    """Runs the scenario for the plan's seconds, then waits for the requests that are still under way."""
    runner = environment.create_local_runner()
    plan.start = time.perf_counter() + lead_s(users)
    runner.start(sum(max(user.fixed_count, 1) for user in users), spawn_rate=100)
    gevent.sleep(max(0.0, -plan.now_s))
    say("begun")
    gevent.sleep(max(0.0, plan.seconds - plan.now_s))
    leaving = [visit for arrival, visit in plan.alive.items() if arrival.abandons]
    plan.abandoned += len(leaving)
    gevent.killall(leaving, timeout=1)
    while plan.alive and plan.now_s < plan.seconds + traffic.TIMEOUT_S:
        gevent.sleep(0.005)
    # What still waits has had no response. An error in the middle of a request makes Locust report it as failed.
    gevent.killall(list(plan.alive.values()), ConnectionError("no answer in time"), timeout=1)
    runner.quit()


def make_visits(users: list[type[User]], environment: Environment, visits: int) -> None:
    """Makes each user's first visits, one after the other: to compare responses, not to measure."""
    for user_class in (one for one in users if not getattr(one, "streaming", False)):
        user = user_class(environment)
        user.on_start()
        for number in range(min(visits, getattr(user, "visits", visits))):
            gevent.spawn(user.visit, number, user.plan.now_s).join()  # type: ignore[attr-defined]


def first_visits(users: list[type[User]], visits: int, few: bool) -> list[str]:
    """The keys of each user's first visits; as few as to compare responses where a lab limits them."""
    keys = []
    for user in users:
        if not getattr(user, "streaming", False) and getattr(user, "visits", True):
            most = min(visits, getattr(user, "visits", visits)) if few else visits
            keys += [f"{user.__name__}:0/{number}" for number in range(most)]
    return keys


def repeat_visits(users: list[type[User]], environment: Environment, keys: list[str], at_once: int) -> None:
    """Repeats some visits of a round, each by its key: they send the same requests as then. So many at a time.

    Left out are those of users who make none without load, and what was asked outside a visit, as on a start.
    """

    def repeat(user: Any, number: int) -> None:
        user.visit(number, user.plan.now_s)  # due when it is its turn, and not while it waits for that

    visits = gevent.pool.Pool(at_once)
    classes = {user.__name__: user for user in users}
    for key in keys:
        label, _, number = key.rpartition("/")
        kind = classes.get(label.partition(":")[0])
        if kind is None or not getattr(kind, "visits", 1):
            continue
        user = kind(environment)
        user.label = label  # type: ignore[attr-defined]
        user.on_start()
        visits.spawn(repeat, user, int(number))
    visits.join()


def collect(recorder: Recorder, locations: list[str], url: str, within_s: float) -> list[list[Any]]:
    """Asks for these paths, each until it is no 202 any more, or the time is over. Returns statuses and digests."""
    until = time.perf_counter() + within_s

    def ask(location: str) -> list[Any]:
        status, media, content = 0, "", b""
        while time.perf_counter() < until:
            status, media, content = rough.response_to(rough.Request("", "GET", location, b"", False), url)
            if status != 202:
                break
            gevent.sleep(COLLECT_EVERY_S)
        return [status, recorder.digest(status, media, content) if status else ""]

    return list(gevent.pool.Pool(AGAIN_AT_ONCE).imap(ask, locations))


def do(users: list[type[User]], task: dict[str, Any]) -> None:
    """Does one task, and writes its samples into the file."""
    os.environ.update(task.get("env", {}))
    url = task["url"]
    plan = Plan(task["seed"], task.get("seconds", 0.0), task.get("load", 1.0), task.get("rates", {}), url)
    plan.marked = task.get("marked", False)
    for user in users:
        user.host = url  # for those of a learner's own load test, who have no plan
    environment = Environment(user_classes=users, catch_exceptions=False)
    environment.plan = plan  # type: ignore[attr-defined]
    planned = all(hasattr(user, "visits") for user in users)  # a learner's own load test may have any users
    muted = Environment(user_classes=users, catch_exceptions=False)  # nobody hears of what is sent roughly
    muted.plan = Plan(plan.seed if task.get("listening") is None else task["listening"], 0.0, url=url)  # type: ignore[attr-defined]
    recorder = Recorder(plan, task.get("ignore_fields", []), planned, task.get("by_path", False))
    environment.events.request.add_listener(recorder.on_request)
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    more: dict[str, Any] = {}
    if "visits" in task:
        asked = rough.requests(users, muted, task["visits"]) if planned else []
        more["refused"] = rough.ask_nonsense(asked, url)  # first: the last error is then not about nonsense
        more["streams"] = rough.listen_to_all(asked, url)
        make_visits(users, environment, task["visits"])
    elif "first" in task:
        first = first_visits(users, task["first"], task["few"])
        repeat_visits(users, environment, first, task["at_once"] or AGAIN_AT_ONCE)
    elif "noted" in task:
        by_name = {
            request.name: request for request in rough.requests(users, muted, task["noted"]) if not request.streaming
        }
        more["noted"] = [request.raw().decode("latin-1") for request in by_name.values()]
    elif "rough" in task:
        asked = rough.requests(users, muted, VISITS_KNOWN)
        more["rough"] = rough.be_rough(asked, url, Random(plan.seed), task["rough"])
    elif "light" in task:
        asked = rough.requests(users, muted, VISITS_KNOWN)
        say("begun")
        more["light"] = rough.drive_lightly(asked, url, Random(plan.seed), task["light"])
    elif "collect" in task:
        more["collected"] = collect(recorder, task["collect"], url, task["within"])
    elif "again" in task:
        repeat_visits(users, environment, task["again"], task.get("at_once") or AGAIN_AT_ONCE)
    else:
        ears = []
        if planned and task.get("listening") is not None:
            asked = rough.requests(users, muted, 2)
            ears = [gevent.spawn_later(lead_s(users), rough.listen_to_all, asked, url)]
        drive_round(users, environment, plan)
        more["streams"] = [row for ear in gevent.joinall(ears) for row in ear.value]
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    result = {
        "seconds": plan.seconds or plan.now_s,
        "responses": recorder.finish(),
        "bodies": recorder.bodies,
        **more,
        "abandoned": plan.abandoned,
        "cpu_share": cpu_s / wall_s,
        "late_share": plan.late_arrivals / max(plan.open_arrivals, 1),
    }
    Path(task["to"]).write_text(json.dumps(result))


def main() -> None:
    """Loads the scenario of `sys.argv[1]`, then does the tasks of standard input, those of a line together."""
    users = load_users(Path(sys.argv[1]))
    # Users that the file only imports, as an untouched locustfile does, are not its own.
    say("ready", *(user.__name__ for user in users if user.__module__ == "scenario"))
    # Collecting garbage stops everything here for up to a tenth of a second, which would count as the server's. It is
    # done between rounds, and never in one.
    gc.disable()
    for line in sys.stdin:
        gevent.joinall([gevent.spawn(do, users, task) for task in json.loads(line)], raise_error=True)
        say("done")
        gc.collect()


if __name__ == "__main__":
    main()
