"""A usual file for production: a heartbeat, workers renewed now and then, and the site loaded once, by the parent."""

import os

worker_class = "asgi"
workers = int(os.environ.get("WEB_CONCURRENCY", max(2, os.cpu_count() or 1)))
preload_app = True
timeout = 2
graceful_timeout = 5
keepalive = 5
max_requests = 2000
max_requests_jitter = 500
