"""A worker for each core, and a reload that brings new code while the old workers still answer."""

import os
import signal
from contextlib import suppress
from typing import Any

# Loaded once, here in the parent, and inherited by every worker: a new worker then has only the site's own code to
# load, and a reload is over in a moment. (`preload_app` would load the site here too, and a reload keep the old code.)
import anyio  # noqa: F401
import fastapi  # noqa: F401

worker_class = "asgi"
workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
keepalive = 65
graceful_timeout = 10


# At a HUP gunicorn starts new workers, and tells the old ones to go at once, before the new ones have loaded. So for a
# while it is asked for more workers, and each new one that has loaded ends an old one: as `wait_ready` does in PM2.


def on_starting(server: Any) -> None:
    server.leaving = []


def on_reload(server: Any) -> None:
    server.leaving = list(server.WORKERS)
    server.num_workers += len(server.leaving)


def pre_fork(server: Any, worker: Any) -> None:
    worker.replaces = server.leaving.pop() if server.leaving else None


def post_worker_init(worker: Any) -> None:
    if worker.replaces:
        with suppress(ProcessLookupError):
            os.kill(worker.replaces, signal.SIGTERM)


def child_exit(server: Any, worker: Any) -> None:
    server.num_workers = server.cfg.workers
