"""A corpus of cheats: fixes that try to be *solved* without solving anything. The judge must pass none of them.

- `slow/*.py`: tricks that apply to every lab, laid over its slow part.
- `half/*.py`: tricks that apply to every lab, laid over a half-good fix (the first of its tempting ones).
- `labs/NAME/*.py`, or folders where a lab has several files: whole fixes for one lab.

A trick is code that an inventive learner could append to a fix: it may define `Trick`, an ASGI layer around the site,
or act when it is imported. Its first line says what it tries. The first two kinds apply to a new lab as they are.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from perflab.course.lab import Lab

HERE = Path(__file__).parent

HEADER = f"""
import sys
sys.path.insert(0, {str(HERE.parent)!r})
"""

# Wraps the site in `Trick`, as middleware: outside any middleware of the fix or the part.
MIDDLEWARE = """
import importlib as _importlib, os as _os
from starlette.middleware import Middleware as _Middleware
_part = _importlib.import_module("app.parts." + _os.environ["APP_PART"])
middleware = [
    *([_Middleware(Trick)] if "Trick" in globals() else []),
    *globals().get("middleware", getattr(_part, "middleware", [])),
]
"""

# The same for labs whose only file is gunicorn's: they have no fix.py that could name middleware.
GUNICORN = """
def post_fork(server, worker):
    import app.asgi
    if trick := globals().get("Trick"):
        app.asgi.app = trick(app.asgi.app)
"""


# Caching what never changes is no cheat: in that lab it is another good fix, other_kept_pages.py.
HONEST = {("hot_path", "remembered_answers")}


@dataclass(frozen=True)
class Cheat:
    """One cheat for one lab."""

    lab: Lab
    path: Path

    @property
    def id(self) -> str:
        return f"{self.lab.slug}-{self.path.stem}"

    @property
    def tries(self) -> str:
        """What it tries, in its own words."""
        files = [self.path] if self.path.is_file() else self.path.glob("*.py")
        return max((file.read_text().splitlines()[0].strip('"') for file in files), key=len)

    def write(self, folder: Path) -> Path:
        """Writes the cheat as a learner's fix for its lab, and returns where it is: a file, or a folder."""
        if self.path.parent.parent.name == "labs":
            return self.path
        base = self._base(folder)
        if "fix.py" in self.lab.files:
            file, footer = base / "fix.py", MIDDLEWARE
            source = file.read_text() if file.exists() else f"from app.parts.{self.lab.name} import *\n"
        else:
            file, footer = base / "gunicorn.conf.py", GUNICORN
            source = file.read_text() if file.exists() else 'worker_class = "asgi"\nworkers = 1\n'
        file.write_text("\n".join([source, HEADER, self.path.read_text(), footer]))
        return base if len(self.lab.files) > 1 else file

    def _base(self, folder: Path) -> Path:
        """The files that the trick is laid over, copied to `folder`: none for the slow part."""
        tempting = self.lab.tempting()
        if self.path.parent.name == "half" and tempting:
            if tempting[0].is_dir():
                shutil.copytree(tempting[0], folder, dirs_exist_ok=True)
            else:
                shutil.copy(tempting[0], folder / self.lab.files[0])
        return folder


def for_lab(lab: Lab) -> list[Cheat]:
    """Every cheat for a lab, sorted by name."""
    general = [] if lab.is_about_load else [*(HERE / "slow").glob("*.py"), *(HERE / "half").glob("*.py")]
    specific = (path for path in (HERE / "labs" / lab.name).glob("*") if path.name != "__pycache__")
    cheats = (path for path in [*general, *specific] if (lab.name, path.stem) not in HONEST)
    return sorted((Cheat(lab, path) for path in cheats), key=lambda cheat: cheat.path.stem)
