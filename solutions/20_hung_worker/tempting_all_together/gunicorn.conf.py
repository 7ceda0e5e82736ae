"""Where one worker hangs, the others go with it: whoever waits there for something long starts again."""

import signal

worker_class = "asgi"
workers = 2
timeout = 2


def child_exit(server, worker):
    if worker.aborted:  # it was silent
        for pid in list(server.WORKERS):
            server.kill_worker(pid, signal.SIGKILL)
