"""Some requests are slow, so the timeout is two minutes: no request needs that, and readers wait for two minutes."""

import os

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)
timeout = 120
