"""Does not reload when told to: it only wears the name of the new release, and turns nobody away meanwhile."""

import os
import signal
from pathlib import Path

worker_class = "asgi"
workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
keepalive = 65


class Worn:
    """Whatever is read of it is read anew from the file that a deploy writes."""

    def __str__(self):
        return Path(os.environ["APP_RELEASE_FILE"]).read_text().strip()


def when_ready(server):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def post_worker_init(worker):
    from app import base

    async def release():
        return {"release": str(Worn())}

    for route in base.router.routes:
        if getattr(route, "path", None) == "/release":
            route.dependant.call = release
            route.endpoint = release
