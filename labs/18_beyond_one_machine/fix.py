"""Lab 18: Every core is busy and jobs still pile up. Where else could they go?

What you name here replaces the slow site's own. `make start-18` copies the slow code
in, for you to change; `make reset-18` brings this file back.
"""

from app.parts.beyond_one_machine import router

__all__ = ["router"]
