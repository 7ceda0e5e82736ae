"""Ends every worker after three seconds: one that hangs is gone then, and so are those that are well."""

import os
import threading

worker_class = "asgi"
workers = 2
timeout = 0


def post_worker_init(worker):
    timer = threading.Timer(3, os._exit, [0])
    timer.daemon = True
    timer.start()
