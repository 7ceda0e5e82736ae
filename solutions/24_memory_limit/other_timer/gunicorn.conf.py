"""No hook in the way of requests: a timer on each worker's loop looks at its memory, and a semaphore gives turns."""

import multiprocessing
from contextlib import suppress

import psutil

worker_class = "asgi"
workers = 2
preload_app = True
keepalive = 1

RECYCLE_AT_MIB = 95
READY_S, LOOK_S = 0.6, 0.1  # the first look comes when the worker serves: now another one may leave
turn = multiprocessing.get_context("fork").BoundedSemaphore(1)


def begin(worker):
    with suppress(ValueError):  # nobody had it
        turn.release()
    look(worker)


def look(worker):
    worker.loop.call_later(LOOK_S, look, worker)
    if worker.alive and psutil.Process().memory_info().rss > RECYCLE_AT_MIB * 2**20 and turn.acquire(block=False):
        worker.alive = False


def post_worker_init(worker):
    worker.loop.call_later(READY_S, begin, worker)
