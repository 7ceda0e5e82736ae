"""A second of silence is enough: a worker beats once a second, so one that is busy for a moment is ended as well."""

import os

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)
timeout = 1
