"""Renews each worker after fifty requests, before it can hang: the one that hangs never gets to its fiftieth."""

import os

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)
timeout = 0
max_requests = 50
max_requests_jitter = 10
