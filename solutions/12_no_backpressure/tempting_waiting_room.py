"""FastAPI's `max_concurrency` lets in as many as fit, and the others wait without a bound: the line moves outside."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends

from app.parts.no_backpressure import Order
from app.world.press import PLATES, print_card

router = APIRouter()


async def plate() -> AsyncIterator[None]:
    yield


@router.post("/cards")
async def card(order: Order, taken: Annotated[None, Depends(plate, max_concurrency=PLATES)]) -> dict[str, str]:
    return {"card": await print_card(order.greeting)}
