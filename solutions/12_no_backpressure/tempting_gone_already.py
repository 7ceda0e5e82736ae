"""Skips those who have left already, and so prints for those about to leave: the first in line has waited longest."""

import asyncio

from fastapi import APIRouter, Request, Response

from app.parts.no_backpressure import Order
from app.world.press import PLATES, print_card

router = APIRouter()
free = asyncio.Semaphore(PLATES)


@router.post("/cards", response_model=None)
async def card(order: Order, request: Request) -> dict[str, str] | Response:
    async with free:
        if await request.is_disconnected():
            return Response(status_code=499)
        return {"card": await print_card(order.greeting)}
