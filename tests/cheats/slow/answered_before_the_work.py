"""Answers at once with what it answered last on that route, and does the work afterwards, if it ever gets to it."""

import asyncio


class Trick:
    def __init__(self, app):
        self.app, self.kept, self.later = app, {}, set()

    async def __call__(self, scope, receive, send):
        route = scope.get("path", "").split("/")[1:2]
        if scope["type"] != "http" or route in (["healthz"], ["release"], ["served"], ["events"], ["ping"]):
            return await self.app(scope, receive, send)
        messages, kept = [], self.kept.get(str(route))

        async def keep(message):
            messages.append(dict(message))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.kept[str(route)] = messages
            if not kept:
                await send(message)

        if not kept:
            return await self.app(scope, receive, keep)
        for message in kept:
            await send(message)
        self.later.add(asyncio.create_task(self.app(scope, receive, keep)))
        return None
