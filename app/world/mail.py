"""The mail server next door. It sends four letters at a time, in a tenth of a second each."""

import asyncio

from app import ledger

LINES = 4
SEND_S = 0.1
_lines = asyncio.Semaphore(LINES)


async def send(letter: str) -> None:
    """Sends one letter, and notes it in the ledger. Waits for a free line, however long that takes."""
    async with _lines:
        await asyncio.sleep(SEND_S)
        ledger.enter(letter)
