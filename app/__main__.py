"""`python -m app`: serves the slow site, or one side of one lab."""

import argparse
import os
import socket
import sys
from pathlib import Path


def listen(host: str, port: int) -> socket.socket:
    """A TCP socket bound to this address. Raises SystemExit where that is not free."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sys.exit(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port, or 0 for any free one."
        )
    return sock


def announce(sock: socket.socket, overrides: list[str]) -> None:
    """Prints where the site serves, and which names come from the fix."""
    host, port = sock.getsockname()
    fix = f" with {', '.join(overrides)} from the fix" if overrides else ""
    print(f"serving http://{host}:{port}{fix}", flush=True)


def main() -> None:
    """Serves the site, or the part and fix of the command line, until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    parser.add_argument("--part", help="serve this slow part alone")
    parser.add_argument("--fix", type=Path, help="lay this fix over the part: a file, or a folder of files")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 for any free one")
    options = parser.parse_args()

    # The side travels in the environment, so that every process of any server builds the same one.
    for name, value in (("APP_PART", options.part), ("APP_FIX", options.fix)):
        os.environ.pop(name, None)
        if value:
            os.environ[name] = str(value.resolve() if isinstance(value, Path) else value)

    from app.compose import Fix, part_names

    if options.part and options.part not in part_names():
        parser.error(f"there is no part named {options.part!r}; there are {', '.join(part_names())}")
    if options.fix and not options.part:
        parser.error("--fix needs --part: which slow part is it laid over?")
    if options.fix and not options.fix.exists():
        parser.error(f"there is no fix at {options.fix}")

    own = Path(__file__).parent / "parts" / f"{options.part}.conf.py"  # of a part that gunicorn serves as shipped
    fixed = Fix.at(options.fix).gunicorn
    if conf := fixed or (own if own.is_file() else None):
        sock = listen(options.host, options.port)
        sock.set_inheritable(True)
        announce(sock, ["gunicorn.conf.py"] if fixed else [])
        bind = ["--bind", f"fd://{sock.fileno()}", "--no-control-socket"]
        os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "-c", str(conf), *bind, "app.asgi:app"])

    from app import asgi, growth, server

    if (upstream := sys.modules.get("app.world.upstream")) is not None:  # a part that is served here calls it
        upstream.start_unless_named()

    # Bound only now, with the app loaded: before that, connections are refused and do not hang.
    sock = listen(options.host, options.port)
    overrides = [name for side in asgi.sides for name in side.overrides]
    announce(sock, overrides)
    serve = asgi.sides[0].get("serve") if options.part else None
    with growth.recorded():
        (serve or server.serve)(asgi.app, sock)


if __name__ == "__main__":
    main()
