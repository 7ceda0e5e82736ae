"""Lab 11: The site accepted every job. Why were some of them never done?

What you name here replaces the slow site's own. `make start-11` copies the slow code
in, for you to change; `make reset-11` brings this file back.
"""

from app.parts.lost_work import router

__all__ = ["router"]
