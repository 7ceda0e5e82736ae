"""Watches the right thing, and leaves in order. But both workers grow alike, and both leave when it suits them."""

import psutil

worker_class = "asgi"
workers = 2
preload_app = True
keepalive = 1

RECYCLE_AT_MIB = 110


def pre_request(worker, req):
    if worker.alive and psutil.Process().memory_info().rss > RECYCLE_AT_MIB * 2**20:
        worker.alive = False
