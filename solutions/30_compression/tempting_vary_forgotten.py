"""Compresses for those who accept it, and without Vary: a cache in between gives its copy to all the others."""

import zlib
from random import Random
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response

from app.parts.compression import CARDS, listen, one_card, photo

router = APIRouter()
router.get("/card/{number}")(one_card)
router.get("/photo/{number}")(photo)
router.get("/news")(listen)


@router.get("/feed/{reader}")
def feed(reader: int, accept_encoding: Annotated[str, Header()] = "") -> Response:
    body = f"[{','.join(Random(reader).choices(CARDS, k=412))}]".encode()
    if "gzip" not in accept_encoding:
        return Response(body, media_type="application/json")
    packed = zlib.compress(body, 5, 16 + zlib.MAX_WBITS)
    return Response(packed, media_type="application/json", headers={"Content-Encoding": "gzip"})
