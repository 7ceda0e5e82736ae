"""When Playwright is loaded."""

import subprocess
import sys


def test_playwright_is_imported_only_where_a_browser_is_opened() -> None:
    script = "import perflab.slides.decks, sys; print('playwright' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
