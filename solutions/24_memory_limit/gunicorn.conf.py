"""A worker that has grown past its share finishes what it has, and ends: in order, and one worker at a time."""

import multiprocessing
from contextlib import suppress

import psutil

worker_class = "asgi"
workers = 2
preload_app = True  # the parent loads the site, once: a new worker then is ready sooner
keepalive = 1  # second: a kept connection without requests holds up a worker that wants to leave

RECYCLE_AT_MIB = 100  # a worker could have (360 - 48) / 2, but it grows on while it waits for its turn and leaves
READY_S = 0.6  # that a new worker takes until it serves
turn = multiprocessing.get_context("fork").BoundedSemaphore(1)  # a worker that leaves takes it, and keeps it


def post_worker_init(worker):
    worker.process = psutil.Process()
    worker.loop.call_later(READY_S, give_back)  # now another one may leave


def give_back():
    with suppress(ValueError):  # nobody had it
        turn.release()


def pre_request(worker, req):
    if worker.alive and worker.process.memory_info().rss > RECYCLE_AT_MIB * 2**20 and turn.acquire(block=False):
        worker.alive = False  # now, and not after the response: so that this says `Connection: close`
