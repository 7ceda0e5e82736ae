"""A worker for each core. Everything that they need is loaded by the parent, but for the site's own code."""

import os

import fastapi  # noqa: F401

worker_class = "asgi"
workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
keepalive = 65
