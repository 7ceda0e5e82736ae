"""On the layer of the route: only the feed is large, so only the feed is compressed, in one of FastAPI's threads."""

import zlib
from random import Random
from typing import Annotated

import brotli
from fastapi import APIRouter, Header
from fastapi.responses import Response

from app.parts.compression import CARDS, listen, one_card, photo

router = APIRouter()
router.get("/card/{number}")(one_card)
router.get("/photo/{number}")(photo)
router.get("/news")(listen)


def accepted(header: str) -> set[str]:
    """The codings that a client accepts; what has a quality may be excluded by it, so it counts as not accepted."""
    return {coding.strip().lower() for coding in header.split(",")}


@router.get("/feed/{reader}")
def feed(reader: int, accept_encoding: Annotated[str, Header()] = "") -> Response:
    chosen = Random(reader).choices(CARDS, k=412)
    body = f"[{','.join(chosen)}]".encode()
    headers = {"Vary": "Accept-Encoding"}
    if "br" in accepted(accept_encoding):
        body, headers["Content-Encoding"] = brotli.compress(body, quality=4), "br"
    elif "gzip" in accepted(accept_encoding):
        body, headers["Content-Encoding"] = zlib.compress(body, 5, 16 + zlib.MAX_WBITS), "gzip"
    return Response(body, media_type="application/json", headers=headers)
