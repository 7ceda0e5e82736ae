"""gunicorn once more, with a few things of its own: no import in the parent, and workers that are given more time."""

import os

worker_class = "asgi"
workers = os.cpu_count()
keepalive = 75
graceful_timeout = 20
