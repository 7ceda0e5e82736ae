"""The environment of our processes: what the course needs, and nothing that bends what is measured or where it goes.

A shell may say through which proxy HTTP goes (httpx sends 127.0.0.1 there too, unless told otherwise), how Python
starts, how many workers a server has, which PostgreSQL is meant, how Dask is set up. The sides, the services and the
load generator are told none of it.
"""

import re
from collections.abc import Mapping

BENT_BY = re.compile(
    r"(http|https|ftp|all|no)_proxy"  # where requests go
    r"|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle"  # what a client trusts, or fails to open
    r"|python.*"  # how Python starts, and what it imports first
    r"|uvicorn_.*|gunicorn_cmd_args|web_concurrency|forwarded_allow_ips"  # how the site is served
    r"|locust_.*"  # how the load generator runs
    r"|app_.*|upstream_url"  # which site is served, and whom it asks
    r"|nginx"  # which sockets nginx takes over, in place of its own
    r"|malloc_.*|ld_preload",  # how memory is taken
    re.IGNORECASE,
)
BENT_BY_OF_DASK = re.compile(r"dask_.*", re.IGNORECASE)
BENT_BY_OF_POSTGRES = re.compile(r"pg.*", re.IGNORECASE)


def bending(environment: Mapping[str, str]) -> list[str]:
    """The names in an environment that bend what is measured.

    PostgreSQL's own (PGSSLMODE, PGUSER, ...) are among them, unless DATABASE_URL names a database of the user's, which
    may need them. So are Dask's, unless DASK_SCHEDULER names a scheduler of the user's.
    """
    patterns = [BENT_BY]
    patterns += [] if environment.get("DATABASE_URL") else [BENT_BY_OF_POSTGRES]
    patterns += [] if environment.get("DASK_SCHEDULER") else [BENT_BY_OF_DASK]
    return [name for name in environment if any(pattern.fullmatch(name) for pattern in patterns)]


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what bends."""
    bent = set(bending(environment))
    return {name: value for name, value in environment.items() if name not in bent}
