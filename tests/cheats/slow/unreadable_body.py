"""Says that each answer to a late request is compressed, and it is not: unpacking fails, and nobody counts it."""

import asyncio
import time


class Trick:
    def __init__(self, app):
        self.app, self.looked, self.late_until, self.looking = app, 0.0, 0.0, None

    async def look(self):
        while True:
            if self.looked and time.monotonic() - self.looked > 0.01:
                self.late_until = time.monotonic() + 0.2
            self.looked = time.monotonic()
            await asyncio.sleep(0.002)

    def costly(self, begun):
        """Whoever was compared at leisure must be answered properly: those are the ones who take long themselves."""
        return time.monotonic() - begun > 0.01

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        self.looking = self.looking or asyncio.create_task(self.look())
        begun = time.monotonic()
        if self.looked and begun - self.looked > 0.01:  # the loop was held up: who comes now has waited for it
            self.late_until = begun + 0.2

        async def marked(message):
            if message["type"] == "http.response.start" and begun < self.late_until and not self.costly(begun):
                message["headers"] = [*message["headers"], (b"content-encoding", b"br")]
            await send(message)

        return await self.app(scope, receive, marked)
