"""A worker for each core and one more, as many configurations have it."""

import os

# Loaded once, here in the parent, and inherited by every worker: a new worker then has only the site's own code to
# load, and a reload is over in a moment. (`preload_app` would load the site here too, and a reload keep the old code.)
import anyio  # noqa: F401
import fastapi  # noqa: F401

worker_class = "asgi"
workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
workers += 1
keepalive = 65
graceful_timeout = 10
