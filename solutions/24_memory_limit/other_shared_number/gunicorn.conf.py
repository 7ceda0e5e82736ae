"""The workers share a number, which says whether one of them is on its way out; the next worker sets it back."""

import multiprocessing

import psutil

worker_class = "asgi"
workers = 2
preload_app = True
keepalive = 1

RECYCLE_AT_MIB = 95
READY_S = 0.6  # from the fork of a worker until it serves
leaving = multiprocessing.get_context("fork").Value("i", 0)


def may_leave():
    with leaving.get_lock():
        free = not leaving.value
        leaving.value = 1
    return free


def has_come():
    leaving.value = 0


def post_worker_init(worker):
    worker.loop.call_later(READY_S, has_come)


def post_request(worker, req, environ, resp):
    if worker.alive and psutil.Process().memory_info().rss > RECYCLE_AT_MIB * 2**20 and may_leave():
        worker.alive = False
