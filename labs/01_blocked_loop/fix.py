"""Lab 1: Why does a ping wait for another visitor's computation?

What you name here replaces the slow site's own. `make start-01` copies the slow code
in, for you to change; `make reset-01` brings this file back.
"""

from app.parts.blocked_loop import router

__all__ = ["router"]
