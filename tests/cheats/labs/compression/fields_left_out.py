"""Sends what a phone shows first, and leaves the other fields of each card out: fewer bytes, and another answer."""

import json
from random import Random

from fastapi import APIRouter
from fastapi.responses import Response

from app.parts.compression import CARDS, listen, one_card, photo

router = APIRouter()
router.get("/card/{number}")(one_card)
router.get("/photo/{number}")(photo)
router.get("/news")(listen)
SHORT = {card: json.dumps({key: json.loads(card)[key] for key in ("id", "title")}) for card in CARDS}


@router.get("/feed/{reader}")
async def feed(reader: int) -> Response:
    chosen = Random(reader).choices(CARDS, k=412)
    return Response(f"[{','.join(SHORT[card] for card in chosen)}]", media_type="application/json")
