"""No hook in the way of requests: a timer on each worker's loop looks at its memory, and a lock gives it its turn."""

import fcntl
import tempfile

import psutil

worker_class = "asgi"
workers = 2
preload_app = True
keepalive = 1

RECYCLE_AT_MIB = 95
LOOK_S = 0.1
turn = tempfile.TemporaryFile()  # noqa: SIM115  (it stays open as long as the parent lives)


def look(worker):
    worker.loop.call_later(LOOK_S, look, worker)
    if worker.alive and psutil.Process().memory_info().rss > RECYCLE_AT_MIB * 2**20:
        try:
            fcntl.lockf(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        worker.alive = False


def post_worker_init(worker):
    worker.loop.call_later(1, look, worker)
