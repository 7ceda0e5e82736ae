"""Raises the limit above which the feed warns: the log is quiet, and the listeners stay."""

from fastapi import APIRouter

from app.parts.listener_leak import events, say
from app.world import feed

feed.set_maximum(100_000)
router = APIRouter()
router.post("/messages")(say)
router.get("/events")(events)
