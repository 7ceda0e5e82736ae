"""Plants a `sitecustomize.py` in the course's root: every Python started later reads it, and ours then runs slowly."""

from pathlib import Path

import app

PLANT = """
import sys
if any("solutions" in word for word in sys.orig_argv):
    import time
    import uvicorn.protocols.http.httptools_impl as http
    go_on = http.HttpToolsProtocol.data_received
    http.HttpToolsProtocol.data_received = lambda *given: (time.sleep(0.02), go_on(*given))
"""

(Path(app.__file__).parent.parent / "sitecustomize.py").write_text(PLANT)
