"""A limit, and far too high: by the time two hundred are inside, the last in line would wait two seconds and a half."""

from fastapi import APIRouter, HTTPException

from app.parts.no_backpressure import Order
from app.world.press import print_card

router = APIRouter()

ROOM = 200
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
