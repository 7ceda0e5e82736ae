"""A worker that has grown past its share finishes what it has, and ends: in order, and one worker at a time."""

import multiprocessing
from contextlib import suppress

import psutil

worker_class = "asgi"
workers = 2
preload_app = True  # the parent loads the site, once: a new worker then is ready sooner
keepalive = 1  # second: a kept connection without requests holds up a worker that wants to leave

RECYCLE_AT_MIB = 100  # a worker could have (360 - 48) / 2, but it grows on while it waits for its turn and leaves
turn = multiprocessing.get_context("fork").BoundedSemaphore(1)  # a worker that leaves takes it, and keeps it


def post_fork(server, worker):
    worker.process = psutil.Process()
    worker.is_new = True


def pre_request(worker, req):
    if worker.is_new:  # it has a request, so it serves: now another one may leave
        worker.is_new = False
        with suppress(ValueError):  # nobody had it
            turn.release()
    if worker.alive and worker.process.memory_info().rss > RECYCLE_AT_MIB * 2**20 and turn.acquire(block=False):
        worker.alive = False  # now, and not after the response: so that this says `Connection: close`
