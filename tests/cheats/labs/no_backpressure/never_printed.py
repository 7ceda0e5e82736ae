"""Answers with what a card looks like, which is no secret: the press in the cellar stands still."""

from fastapi import APIRouter

from app.parts.no_backpressure import Order

router = APIRouter()


@router.post("/cards")
async def order(order: Order) -> dict[str, str]:
    return {"card": f"~ {order.greeting} ~"}
