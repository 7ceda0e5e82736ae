"""The typesetter: another company's library, written in C. It never frees a sheet. The fix is due in two sprints."""

import asyncio
import ctypes
from typing import Any

FONTS_S = 0.4  # to load the fonts, once in each process
SET_S = 0.4
SHEET_BYTES = 512 * 1024

_c = ctypes.CDLL(None)
_c.malloc.restype, _c.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]


async def load_fonts() -> None:
    """Makes the library ready. A process must do so before it sets its first booklet."""
    await asyncio.sleep(FONTS_S)


async def set_booklet(title: str, sheets: int) -> dict[str, Any]:
    """Sets a booklet of so many sheets. The memory of its sheets stays taken for as long as the process lives."""
    for number in range(sheets):
        ctypes.memset(_c.malloc(SHEET_BYTES), number, SHEET_BYTES)  # written, and so resident
    await asyncio.sleep(SET_S)
    return {"title": title, "sheets": sheets, "pages": 4 * sheets}
