"""Lab 3: The server froze for a while. Why does the load test still call it fast?

The users defined here replace the site's own load test. `make start-03` copies it
here, for you to change; `make reset-03` brings this file back.
"""

from app.load_tests.honest_load import Visitor

__all__ = ["Visitor"]
