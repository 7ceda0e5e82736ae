"""The postcard press in the cellar: a machine with four plates. The site has one, and no money for another."""

import asyncio

PLATES = 4
PRINT_S = 0.05
_plates = asyncio.Semaphore(PLATES)


async def print_card(greeting: str) -> str:
    """Prints one card. All plates taken? Then it stands in line until one is free, however long that takes."""
    async with _plates:
        await asyncio.sleep(PRINT_S)
        return f"~ {greeting} ~"
