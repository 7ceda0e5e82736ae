"""The postcard press in the cellar: a machine with four plates. The site cannot afford another one."""

import asyncio

PLATES = 4
PRINT_S = 0.05
_plates = asyncio.Semaphore(PLATES)


async def print_card(greeting: str) -> str:
    """Prints one card. Waits for a free plate, however long that takes."""
    async with _plates:
        await asyncio.sleep(PRINT_S)
        return f"~ {greeting} ~"
