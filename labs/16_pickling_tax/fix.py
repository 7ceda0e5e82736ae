"""Lab 16: The work itself takes a moment. Where does the rest of the call go?

What you name here replaces the slow site's own. `make start-16` copies the slow code
in, for you to change; `make reset-16` brings this file back.
"""

from app.parts.pickling_tax import router

__all__ = ["router"]
