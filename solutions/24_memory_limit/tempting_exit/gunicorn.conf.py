"""Watches the right thing, and leaves the wrong way: a worker that exits at once cuts off what it is working on."""

import os

import psutil

worker_class = "asgi"
workers = 2
preload_app = True

RECYCLE_AT_MIB = 100


def post_request(worker, req, environ, resp):
    if psutil.Process().memory_info().rss > RECYCLE_AT_MIB * 2**20:
        os._exit(0)
