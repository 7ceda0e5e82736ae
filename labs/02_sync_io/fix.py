"""Lab 2: One handler waits for another service. Why does everyone wait with it?

What you name here replaces the slow site's own. `make start-02` copies the slow code
in, for you to change; `make reset-02` brings this file back.
"""

from app.parts.sync_io import router

__all__ = ["router"]
