"""Whoever cannot be served in time is told so at once, and when to come again; everyone who is let in is served."""

from fastapi import APIRouter, HTTPException

from app.parts.no_backpressure import Order
from app.world.press import PLATES, print_card

router = APIRouter()

# One card is in print on each plate, and two wait for each: the last one let in has its card after three times 50 ms.
ROOM = PLATES * 3
inside = 0


@router.post("/cards")
async def card(order: Order) -> dict[str, str]:
    global inside
    if inside >= ROOM:
        raise HTTPException(503, "Too many orders at the moment.", headers={"Retry-After": "1"})
    inside += 1
    try:
        return {"card": await print_card(order.greeting)}
    finally:
        inside -= 1
