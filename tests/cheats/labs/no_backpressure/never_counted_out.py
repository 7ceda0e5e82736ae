"""A limit that whoever hangs up is never taken off again: a hundred of them, and nobody gets a card any more."""

from fastapi import APIRouter, HTTPException

from app.parts.no_backpressure import Order
from app.world.press import print_card

router = APIRouter()
under_way = 0


@router.post("/cards")
async def card(order: Order) -> dict[str, str]:
    global under_way
    if under_way >= 12:
        raise HTTPException(503, "The press is busy.", headers={"Retry-After": "1"})
    under_way += 1
    printed = await print_card(order.greeting)
    under_way -= 1
    return {"card": printed}


class Trick:
    """Cancels the work of a visitor who hangs up, as some frameworks do."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        import asyncio

        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = asyncio.Queue()
        work = asyncio.create_task(self.app(scope, body.get, send))

        async def listen():
            while (message := await receive())["type"] != "http.disconnect":
                await body.put(message)
            work.cancel()

        listening = asyncio.create_task(listen())
        try:
            await work
        except asyncio.CancelledError:
            pass
        finally:
            listening.cancel()


from starlette.middleware import Middleware  # noqa: E402

middleware = [Middleware(Trick)]
