"""Postcards from a press that prints four at a time. Everybody who asks for one is let in, and stands in line."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.world.press import print_card

router = APIRouter()


class Order(BaseModel):
    greeting: str


@router.post("/cards")
async def card(order: Order) -> dict[str, str]:
    return {"card": await print_card(order.greeting)}
