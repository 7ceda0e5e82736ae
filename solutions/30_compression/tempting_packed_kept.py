"""A feed is compressed once for each reader, and the result is kept: quick, and there is no end of readers."""

import zlib
from random import Random

import anyio.to_thread
import brotli
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.parts.compression import CARDS, listen, one_card, photo

router = APIRouter()
router.get("/card/{number}")(one_card)
router.get("/photo/{number}")(photo)
router.get("/news")(listen)
packed: dict[tuple[int, str], bytes] = {}


def accepted(request: Request) -> str:
    header = ",".join(request.headers.getlist("accept-encoding")).lower()
    names = [one.partition(";")[0].strip() for one in header.split(",") if not one.replace(" ", "").endswith(";q=0")]
    return next((coding for coding in ("br", "gzip") if coding in names), "")


def pack(body: bytes, coding: str) -> bytes:
    return brotli.compress(body, quality=4) if coding == "br" else zlib.compress(body, 5, wbits=31)


@router.get("/feed/{reader}")
async def feed(reader: int, request: Request) -> Response:
    coding, headers = accepted(request), {"Vary": "Accept-Encoding"}
    body = f"[{','.join(Random(reader).choices(CARDS, k=412))}]".encode()
    if not coding:
        return Response(body, media_type="application/json", headers=headers)
    if (reader, coding) not in packed:
        packed[reader, coding] = await anyio.to_thread.run_sync(pack, body, coding)
    headers["Content-Encoding"] = coding
    return Response(packed[reader, coding], media_type="application/json", headers=headers)
