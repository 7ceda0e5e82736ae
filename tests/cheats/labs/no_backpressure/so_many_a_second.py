"""Bounds how many come in a second, and not how many are inside: the line grows as long as the load lasts."""

import time

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from app.world.press import PLATES, PRINT_S, print_card

router = APIRouter()


class Bucket:
    """Tokens that come at a steady rate; who finds none must come again."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.tokens, self.at_s = float(burst), time.monotonic()

    def take(self) -> bool:
        now_s = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now_s - self.at_s) * self.rate)
        self.at_s = now_s
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


bucket = Bucket(PLATES / PRINT_S, 8)


class Order(BaseModel):
    greeting: str


@router.post("/cards")
async def card(order: Order) -> dict[str, str]:
    if not bucket.take():
        raise HTTPException(503, "The press is busy. Please come again in a moment.", {"Retry-After": "1"})
    return {"card": await print_card(order.greeting)}
