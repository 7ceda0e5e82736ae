"""A short queue and a printer for each plate: what does not fit into the queue is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException, Request

from app.parts.no_backpressure import Order
from app.world.press import PLATES, print_card

router = APIRouter()
Orders = asyncio.Queue[tuple[str, asyncio.Future[str]]]


async def printer(orders: Orders) -> None:
    while True:
        greeting, card = await orders.get()
        try:
            printed = await print_card(greeting)
        except Exception as error:  # for whoever waits for this card: the printer goes on
            if not card.done():
                card.set_exception(error)
        else:
            if not card.done():
                card.set_result(printed)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.orders = Orders(maxsize=PLATES)
    async with asyncio.TaskGroup() as group:
        printers = [group.create_task(printer(app.state.orders)) for _ in range(PLATES)]
        yield
        for task in printers:
            task.cancel()


@router.post("/cards")
async def card(order: Order, request: Request) -> dict[str, str]:
    card = asyncio.get_running_loop().create_future()
    try:
        request.app.state.orders.put_nowait((order.greeting, card))
    except asyncio.QueueFull:
        raise HTTPException(503, "The press is busy.", headers={"Retry-After": "1"}) from None
    return {"card": await card}
