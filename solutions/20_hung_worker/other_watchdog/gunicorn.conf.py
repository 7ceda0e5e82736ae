"""A watchdog in each worker: unless the loop beats, a C thread prints where it hangs and ends the process."""

import faulthandler
import os

worker_class = "asgi"
workers = max(2, os.cpu_count() or 1)

SILENT_S = 2.5
BEAT_S = 0.5


def post_worker_init(worker):
    def beat():
        faulthandler.dump_traceback_later(SILENT_S, exit=True)  # in place of the last one
        worker.loop.call_later(BEAT_S, beat)

    worker.loop.call_soon(beat)
