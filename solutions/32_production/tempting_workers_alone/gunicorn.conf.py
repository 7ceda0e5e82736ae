"""A worker for each core, and not a line of the site changed: more loops, and each of them still stands still."""

import os

import fastapi  # noqa: F401

worker_class = "asgi"
workers = os.cpu_count()
keepalive = 65
