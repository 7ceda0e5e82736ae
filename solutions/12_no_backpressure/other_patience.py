"""Lets everybody stand in line, but not for long: whoever has waited a tenth of a second is told to come again."""

import asyncio

from fastapi import APIRouter, HTTPException

from app.parts.no_backpressure import Order
from app.world.press import PLATES, print_card

router = APIRouter()
free = asyncio.Semaphore(PLATES)


@router.post("/cards")
async def card(order: Order) -> dict[str, str]:
    try:
        async with asyncio.timeout(0.1):
            await free.acquire()
    except TimeoutError:
        raise HTTPException(503, "The press is busy.", headers={"Retry-After": "1"}) from None
    try:
        return {"card": await print_card(order.greeting)}
    finally:
        free.release()
