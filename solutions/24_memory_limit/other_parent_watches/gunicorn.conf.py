"""The parent watches from outside, as PM2 does: it tells the largest worker to end, and waits for its successor."""

import os
import signal
import threading
import time
from contextlib import suppress

import psutil

worker_class = "asgi"
workers = 2
preload_app = True
keepalive = 1

RECYCLE_AT_MIB = 100
LOOK_S = 0.1
READY_S = 0.8  # that a worker takes from its fork until it serves


def largest(server):
    sizes = {}
    for pid in list(server.WORKERS):
        with suppress(psutil.Error):
            sizes[psutil.Process(pid).memory_info().rss] = pid
    return max(sizes.items(), default=(0, 0))


def watch(server):
    while True:
        time.sleep(LOOK_S)
        rss, pid = largest(server)
        if rss > RECYCLE_AT_MIB * 2**20:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            while pid in server.WORKERS:
                time.sleep(LOOK_S)
            time.sleep(READY_S)


def when_ready(server):
    threading.Thread(target=watch, args=[server], daemon=True).start()
