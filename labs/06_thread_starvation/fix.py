"""Lab 6: The CPU is idle. Why does a quick route wait behind the slow ones?

What you name here replaces the slow site's own. `make start-06` copies the slow code
in, for you to change; `make reset-06` brings this file back.
"""

from app.parts.thread_starvation import router

__all__ = ["router"]
