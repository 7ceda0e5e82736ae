"""The mail server next door. It sends four letters at a time, in a tenth of a second each."""

import asyncio

from app import ledger
from app.world import outage

LINES = 4
SEND_S = 0.1
_lines = asyncio.Semaphore(LINES)


class NotSent(Exception):
    """The mail server does not take a letter."""


async def send(letter: str) -> None:
    """Sends one letter, and notes it in the ledger. Waits for a free line, however long that takes. Raises NotSent."""
    async with _lines:
        if outage.is_on("the mail server"):
            raise NotSent("The mail server takes no letters at the moment.")
        await asyncio.sleep(SEND_S)
        ledger.enter(letter)
