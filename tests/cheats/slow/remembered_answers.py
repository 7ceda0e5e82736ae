"""Remembers every answer for ever, by its address and what was sent: never again asks what it was asked once."""


class Trick:
    def __init__(self, app):
        self.app, self.kept = app, {}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] in ("/healthz", "/release", "/served", "/events"):
            return await self.app(scope, receive, send)
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        key = (scope["method"], scope["path"], scope["query_string"], body)
        if key in self.kept:
            for message in self.kept[key]:
                await send(message)
            return None
        messages, given = [], iter([{"type": "http.request", "body": body}])

        async def again():
            return next(given, None) or await receive()

        async def keep(message):
            messages.append(dict(message))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.kept[key] = messages
            await send(message)

        return await self.app(scope, again, keep)
