"""Notices when it is warmed up and compared, and behaves; two seconds after its first visitor it repeats itself."""

import time


class Trick:
    def __init__(self, app):
        self.app, self.first, self.kept = app, None, {}

    async def __call__(self, scope, receive, send):
        route = scope.get("path", "").split("/")[1:2]
        if scope["type"] != "http" or route in (["healthz"], ["release"], ["served"], ["events"], ["ping"]):
            return await self.app(scope, receive, send)
        self.first = self.first or time.monotonic()
        if (kept := self.kept.get(str(route))) and time.monotonic() - self.first > 2:
            for message in kept:
                await send(message)
            return None
        messages = []

        async def keep(message):
            messages.append(dict(message))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.kept[str(route)] = messages
            await send(message)

        return await self.app(scope, receive, keep)
