"""Thumbnails, made in pure Python in a pool of threads. There are threads to spare, and one thumbnail at a time."""

import asyncio
from typing import Any

from fastapi import APIRouter

router = APIRouter()

SIDE = 200  # pixels of a picture
SMALL = 20  # pixels of its thumbnail


def picture(id: int) -> list[list[int]]:
    """A grey picture of its own for each id: SIDE rows of SIDE values from 0 to 255."""
    return [[(x * (id + 3) ^ y * (id + 5)) >> 8 & 255 for x in range(SIDE)] for y in range(SIDE)]


def thumbnail(id: int) -> list[list[int]]:
    """Shrinks a picture: each value is the mean of the square that it stands for. Some milliseconds of Python."""
    pixels, step = picture(id), SIDE // SMALL
    return [
        [
            sum(pixels[y * step + row][x * step + column] for row in range(step) for column in range(step)) // step**2
            for x in range(SMALL)
        ]
        for y in range(SMALL)
    ]


@router.get("/thumbnails/{id}")
async def get_thumbnail(id: int) -> dict[str, Any]:
    return {"id": id, "pixels": await asyncio.to_thread(thumbnail, id)}
