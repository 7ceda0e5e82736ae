"""A thread answers for each worker, as under uvicorn, but it asks the loop first: no answer ends the process."""

import os
import threading
import time

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)

SILENT_S = 2.5
ASK_S = 0.5


def post_worker_init(worker):
    def watch():
        while worker.alive:
            answered = threading.Event()
            worker.loop.call_soon_threadsafe(answered.set)
            if not answered.wait(SILENT_S):
                os._exit(1)
            time.sleep(ASK_S)

    threading.Thread(target=watch, daemon=True).start()
