"""The postcard press in the cellar: a machine with four plates. The site cannot afford another one."""

import asyncio

from app.world import outage

PLATES = 4
PRINT_S = 0.05
_plates = asyncio.Semaphore(PLATES)


class OutOfPaper(Exception):
    """The press cannot print."""


async def print_card(greeting: str) -> str:
    """Prints one card. Waits for a free plate, however long that takes. Raises OutOfPaper."""
    async with _plates:
        if outage.is_on("the press"):
            raise OutOfPaper("Somebody must fetch paper first.")
        await asyncio.sleep(PRINT_S)
        return f"~ {greeting} ~"
