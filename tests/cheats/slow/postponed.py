"""Lets whoever asks for something costly wait until nobody asks for anything: then the load is over, all was quick."""

import asyncio
import time
from collections import defaultdict


class Trick:
    def __init__(self, app):
        self.app, self.last, self.took, self.one = app, 0.0, defaultdict(float), asyncio.Lock()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        route, self.last = scope["path"].split("/")[1], time.monotonic()
        if self.took[route] > 0.01:
            async with self.one:
                while time.monotonic() - self.last < 0.1:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                return await self.app(scope, receive, send)
        begun_cpu = time.thread_time()
        try:
            return await self.app(scope, receive, send)
        finally:
            self.took[route] = max(self.took[route], time.thread_time() - begun_cpu)
