"""Lab 27: Memory grows with every request. What is holding on to it?

What you name here replaces the slow site's own. `make start-27` copies the slow code
in, for you to change; `make reset-27` brings this file back.
"""

from app.parts.leak_hunt import router

__all__ = ["router"]
