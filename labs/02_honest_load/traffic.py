"""Lab 2: The server froze for a while. Why does the load test still call it fast?

The users defined here replace the site's own load test. `make start-02` copies it
here, for you to change; `make reset-02` brings this file back.
"""

from app.load_tests.honest_load import Visitor

__all__ = ["Visitor"]
