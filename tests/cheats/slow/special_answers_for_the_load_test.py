"""Knows the load generator by how it introduces itself, and gives it the first answer of each route again and again."""


class Trick:
    def __init__(self, app):
        self.app, self.kept = app, {}

    async def __call__(self, scope, receive, send):
        agent = dict(scope.get("headers", [])).get(b"user-agent", b"").lower()
        if scope["type"] != "http" or not (b"gevent" in agent or b"locust" in agent):
            return await self.app(scope, receive, send)
        route = scope["path"].split("/")[1]
        if route != "events" and (kept := self.kept.get(route)):
            for message in kept:
                await send(message)
            return None
        messages = []

        async def keep(message):
            messages.append(dict(message))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.kept[route] = messages
            await send(message)

        return await self.app(scope, receive, keep)
