"""Our own fix, as it is: the cheat is in gunicorn.conf.py."""

from pathlib import Path

import app

ours = Path(app.__file__).parent.parent / "solutions" / "32_production" / "fix.py"
exec(compile(ours.read_text(), str(ours), "exec"))
