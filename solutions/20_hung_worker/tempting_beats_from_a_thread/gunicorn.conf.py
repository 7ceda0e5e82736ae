"""Beats from a thread, so that no busy worker is ended: like uvicorn's, the thread beats on while the loop hangs."""

import os
import threading
import time

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)
timeout = 2


def post_worker_init(worker):
    def beat():
        while True:
            worker.notify()
            time.sleep(0.5)

    threading.Thread(target=beat, daemon=True).start()
