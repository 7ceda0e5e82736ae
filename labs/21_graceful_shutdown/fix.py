"""Lab 21: Why does a stop cut some readers off, and never end while a stream is open?

What you name here replaces the slow site's own. `make start-21` copies the slow code
in, for you to change; `make reset-21` brings this file back.
"""

from app.parts.graceful_shutdown import router

__all__ = ["router"]
