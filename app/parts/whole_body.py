"""A member's reading history as a file: all rows are fetched, all lines are written, and then it is sent."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from app.world.history import MEMBERS, Visit, page
from app.world.posts import POSTS

router = APIRouter()


def as_csv(rows: Iterable[tuple[Any, ...]]) -> str:
    """Rows as lines of CSV."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(row)
    return text.getvalue()


def history(member: int) -> list[Visit]:
    """All visits of a member."""
    visits: list[Visit] = []
    number = 0
    while rows := page(member, number):
        visits += rows
        number += 1
    return visits


@router.get("/members/{member}/export")
def export(member: int) -> Response:
    if not 0 <= member < MEMBERS:
        raise HTTPException(404, "There is no such member.")
    return Response(as_csv([Visit._fields, *history(member)]), media_type="text/csv")


@router.get("/posts/{id}")
async def post(id: int) -> dict[str, Any]:
    if not 0 <= id < len(POSTS):
        raise HTTPException(404, "There is no such post.")
    return POSTS[id]._asdict()
