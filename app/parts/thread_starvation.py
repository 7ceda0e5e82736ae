"""Reports from a slow archive, and the members' cards from a quick database: `def` routes both, and forty threads."""

from typing import Any

from fastapi import APIRouter, HTTPException

from app.world import archive, members

router = APIRouter()


def read_report(id: int) -> dict[str, Any]:
    try:
        return archive.read(id)
    except archive.TooManyClients as refused:
        raise HTTPException(503, str(refused)) from None


def read_member(id: int) -> dict[str, Any]:
    return members.card(id)  # from a quick database, through a driver that blocks


@router.get("/reports/monthly/{id}")
def report(id: int) -> dict[str, Any]:
    return read_report(id)


@router.get("/members/{id}")
def member(id: int) -> dict[str, Any]:
    return read_member(id)
