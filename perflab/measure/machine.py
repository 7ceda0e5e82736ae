"""The machine that a run is measured on: its cores, and what its figures should be read with."""

import os
import platform
from importlib.metadata import version
from typing import Any

import psutil

PACKAGES = ("fastapi", "starlette", "uvicorn", "gunicorn", "locust", "anyio", "uvloop")


def cores() -> int:
    """The cores this process may use, which a container or `taskset` may have narrowed."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """What this run is measured on, for the reader of its figures: system, cores, memory in GiB, versions."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
