"""Gives everyone who asks a route the first answer that it ever gave there."""


class Trick:
    def __init__(self, app):
        self.app, self.kept = app, {}

    async def __call__(self, scope, receive, send):
        route = scope.get("path", "").split("/")[1:2]
        if scope["type"] != "http" or route in (["healthz"], ["release"], ["served"], ["events"]):
            return await self.app(scope, receive, send)
        if kept := self.kept.get(str(route)):
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
