"""As many orders as there are plates, and the next one is sent away: also on a quiet day, when five come at once."""

from fastapi import APIRouter, HTTPException

from app.parts.no_backpressure import Order
from app.world.press import PLATES, print_card

router = APIRouter()
inside = 0


@router.post("/cards")
async def card(order: Order) -> dict[str, str]:
    global inside
    if inside >= PLATES:
        raise HTTPException(503, "Too many orders at the moment.", headers={"Retry-After": "1"})
    inside += 1
    try:
        return {"card": await print_card(order.greeting)}
    finally:
        inside -= 1
