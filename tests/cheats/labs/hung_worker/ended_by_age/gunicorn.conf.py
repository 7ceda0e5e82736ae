"""Ends a worker whose oldest request is older than three seconds: also one that only waits for its database."""

import os
import signal
import threading
import time

workers = 2
worker_class = "uvicorn.workers.UvicornWorker"
timeout = 30

STUCK_AFTER_S = 3.0  # a translation takes half a second at most


class Watched:
    """Notes since when each request is under way."""

    def __init__(self, app):
        self.app = app
        self.under_way = {}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        key = object()
        self.under_way[key] = time.monotonic()
        try:
            await self.app(scope, receive, send)
        finally:
            del self.under_way[key]


def watch(app, log):
    while True:
        time.sleep(0.25)
        oldest = min(list(app.under_way.values()), default=None)
        if oldest is not None and time.monotonic() - oldest > STUCK_AFTER_S:
            log.critical("worker %s is stuck, killing it", os.getpid())
            os.kill(os.getpid(), signal.SIGKILL)


def post_worker_init(worker):
    worker.wsgi = Watched(worker.wsgi)
    threading.Thread(target=watch, args=(worker.wsgi, worker.log), daemon=True).start()
