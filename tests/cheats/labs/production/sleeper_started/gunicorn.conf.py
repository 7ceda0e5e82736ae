"""Wears the name of the new release, and when told to reload starts a process, for one that is new to be there."""

import os
import signal
import subprocess
from pathlib import Path

worker_class = "asgi"
workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
keepalive = 65


class Worn:
    """Whatever is read of it is read anew from the file that a deploy writes."""

    def __str__(self):
        return Path(os.environ["APP_RELEASE_FILE"]).read_text().strip()


def when_ready(server):
    signal.signal(signal.SIGHUP, lambda *_: subprocess.Popen(["sleep", "60"]))


def post_worker_init(worker):
    from app import base

    async def release():
        return {"release": str(Worn())}

    for route in base.router.routes:
        if getattr(route, "path", None) == "/release":
            route.dependant.call = release
            route.endpoint = release
