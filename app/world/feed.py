"""The feed of new messages: listeners are called with each one, as those of an event emitter in Node are.

The ledger has an entry for each that comes, and for each that leaves.
"""

import asyncio
import itertools
import logging
import os
from collections.abc import Callable
from typing import Any

from app import ledger
from app.world import outage

Message = dict[str, Any]
Listener = Callable[[Message], None]

maximum = 100  # more listeners than this are probably a leak: a warning then says so, once
_listeners: dict[int, Listener] = {}
_numbers = itertools.count(1)


def subscribe(listener: Listener) -> int:
    """Has a function called with each message from now on. Returns the number to unsubscribe it by."""
    number = next(_numbers)
    _listeners[number] = listener
    ledger.enter(f"listener {os.getpid()}.{number} came")
    if len(_listeners) == maximum + 1:
        logging.warning("Possible listener leak: %s listen. set_maximum() raises the limit.", len(_listeners))
    return number


def unsubscribe(number: int) -> None:
    """Calls that listener no more. A number that is unknown, or no longer known, is ignored."""
    if _listeners.pop(number, None):
        ledger.enter(f"listener {os.getpid()}.{number} left")


def set_maximum(count: int) -> None:
    """Sets how many listeners there may be without a warning."""
    global maximum
    maximum = count


def publish(message: Message) -> None:
    """Calls each listener with the message, one after the other."""
    for listener in list(_listeners.values()):
        listener(message)


def count() -> int:
    """How many listen in this process."""
    return len(_listeners)


async def greeting() -> str:
    """What a reader sees first. The database takes a moment for it. Raises ConnectionError where it is away."""
    if outage.is_on("the feed"):
        raise ConnectionError("The database is away.")
    await asyncio.sleep(0.02)
    return "Welcome to Lantern."
