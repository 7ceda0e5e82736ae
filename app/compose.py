"""Lays a fix over a slow part. The whole idea of the course in one line: see `Side.get`.

A part defines `router`, and where it needs them `middleware`, `lifespan` and `serve`. A fix may define any
of the same names. A side takes from the fix what the fix defines, and everything else from the part.
"""

import ast
import importlib
import pkgutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from app import base, blocked, intact, parts

NAMES = ("router", "middleware", "lifespan", "serve")


def part_names() -> list[str]:
    """The names of the slow parts: the modules of `app.parts`."""
    return [module.name for module in pkgutil.iter_modules(parts.__path__)]


def load_file(path: Path) -> ModuleType:
    """Imports a fix by its path, under its own file name. Raises what the fix raises.

    Its folder goes on `sys.path`, so that a process pool's children can import it again by that name.
    """
    sys.path.insert(0, str(path.parent))
    return importlib.import_module(path.stem)


def says_something(path: Path) -> bool:
    """Whether a Python file has any statement besides docstring and comments. Raises SyntaxError."""
    body = ast.parse(path.read_text(), str(path)).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


@dataclass(frozen=True)
class Fix:
    """The files of a fix: a Python file, a configuration of gunicorn, or both in one folder."""

    code: Path | None = None
    gunicorn: Path | None = None

    @classmethod
    def at(cls, path: Path | None) -> "Fix":
        """Finds the files of the fix at `path`: a .py file, a .conf.py file, or a folder with either or both.

        Raises FileNotFoundError where there is nothing, and SyntaxError for a configuration that is not Python.
        """
        if path is None:
            return cls()
        path = path.resolve()
        if not path.exists():
            raise FileNotFoundError(f"There is no fix at {path}.")
        if path.is_dir():
            code, conf = path / "fix.py", path / "gunicorn.conf.py"
        elif path.name.endswith(".conf.py"):
            code, conf = path.with_name("-"), path
        else:
            code, conf = path, path.with_name("-")
        # A configuration without statements changes nothing: the site keeps the server it has.
        manager = conf if conf.is_file() and says_something(conf) else None
        return cls(code if code.is_file() else None, manager)


@dataclass(frozen=True)
class Side:
    """One side of a lab: a slow part, and the fix laid over it, if any."""

    part: ModuleType
    fix: ModuleType | None = None

    @classmethod
    def load(cls, part: str, fix: Fix) -> "Side":
        """Imports a part, and the code of a fix. Raises what the fix raises."""
        module = importlib.import_module(f"app.parts.{part}")
        intact.remember()
        return cls(module, load_file(fix.code) if fix.code else None)

    def get(self, name: str, default: Any = None) -> Any:
        """What the fix defines under this name, or else the part, or else the default."""
        return getattr(self.fix, name, getattr(self.part, name, default))

    @property
    def overrides(self) -> list[str]:
        """The names that the fix overrides: those it defines, and does not only import from the part."""
        return [
            name
            for name in NAMES
            if hasattr(self.fix, name) and getattr(self.fix, name) is not getattr(self.part, name, None)
        ]


def build(sides: Sequence[Side]) -> FastAPI:
    """Makes the app that serves these sides together."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(blocked.watching())
            for side in sides:
                if enter := side.get("lifespan"):
                    await stack.enter_async_context(enter(app))
            yield
        print("stopped cleanly", flush=True)

    middleware = [layer for side in sides for layer in side.get("middleware", [])]
    site = FastAPI(
        title="The slow site",
        description="Every route here is slow, greedy or fragile on purpose. The labs say why, and what to do.",
        middleware=[Middleware(base.WorkerHeader), *middleware],
        lifespan=lifespan,
    )
    site.include_router(base.router, tags=["base"])
    for side in sides:
        site.include_router(side.get("router"), tags=[side.part.__name__.rpartition(".")[2]])
    return site
