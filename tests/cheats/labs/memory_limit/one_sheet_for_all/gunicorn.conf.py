"""Orders one sheet of each booklet, whatever was asked for, and corrects the answer on its way out."""

import json

worker_class = "asgi"
workers = 2
preload_app = True


def post_worker_init(worker):
    worker.asgi = OneSheet(worker.asgi)


class OneSheet:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] != "/booklets":
            return await self.app(scope, receive, send)
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        try:
            order = json.loads(body)
            sheets = order["sheets"]
            small = 1 <= sheets <= 8
        except (ValueError, TypeError, KeyError):
            small = False
        if small:
            body = json.dumps(order | {"sheets": 1}).encode()
        headers = [(key, value) for key, value in scope["headers"] if key != b"content-length"]
        scope = scope | {"headers": [*headers, (b"content-length", str(len(body)).encode())]}
        start = {}

        async def receive_small():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send_whole(message):
            if not small:
                return await send(message)
            if message["type"] == "http.response.start":
                start.update(message)
                return None
            answer = json.loads(message["body"]) | {"sheets": sheets, "pages": 4 * sheets}
            text = json.dumps(answer, separators=(",", ":")).encode()
            kept = [(key, value) for key, value in start["headers"] if key != b"content-length"]
            await send(start | {"headers": [*kept, (b"content-length", str(len(text)).encode())]})
            return await send(message | {"body": text})

        return await self.app(scope, receive_small, send_whole)
