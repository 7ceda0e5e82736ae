"""A worker that has grown past its share finishes what it has, and ends: in order, and one worker at a time."""

import fcntl
import tempfile

import psutil

worker_class = "asgi"
workers = 2
preload_app = True  # the parent loads the site, once: a new worker then is ready sooner
keepalive = 1  # second: a kept connection without requests holds up a worker that wants to leave

RECYCLE_AT_MIB = 100  # a worker could have (360 - 48) / 2, but it grows on while it waits for its turn and leaves
READY_S = 0.6  # from the fork of a worker until it serves
turn = tempfile.TemporaryFile()  # noqa: SIM115  (its lock is a leaving worker's: the kernel frees it as that ends)


def take_turn():
    try:
        fcntl.lockf(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def post_fork(server, worker):
    worker.process = psutil.Process()
    take_turn()  # after the worker that has left, and until this one serves, too


def post_worker_init(worker):
    worker.loop.call_later(READY_S, fcntl.lockf, turn, fcntl.LOCK_UN)


def pre_request(worker, req):
    if worker.alive and worker.process.memory_info().rss > RECYCLE_AT_MIB * 2**20 and take_turn():
        worker.alive = False  # now, and not after the response: so that this says `Connection: close`
