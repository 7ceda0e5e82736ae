"""Waits a moment to see whether anybody else is there, and then turns away whoever asks for something costly."""

import asyncio
import time
from collections import defaultdict


class Trick:
    def __init__(self, app):
        self.app, self.asked, self.took = app, 0, defaultdict(float)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        route, self.asked = scope["path"].split("/")[1], self.asked + 1
        if self.took[route] > 0.01:
            before = self.asked
            await asyncio.sleep(0.025)
            if self.asked > before:
                await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"1")]})
                await send({"type": "http.response.body", "body": b""})
                return None
        begun_cpu = time.thread_time()
        try:
            return await self.app(scope, receive, send)
        finally:
            self.took[route] = max(self.took[route], time.thread_time() - begun_cpu)
