"""The machine that a run is measured on: its cores, and a description to read its figures with."""

import os
import platform
from importlib.metadata import version
from typing import Any

import psutil

PACKAGES = ("fastapi", "starlette", "uvicorn", "gunicorn", "locust", "anyio", "uvloop")


def cores() -> int:
    """How many cores this process may use. A container or `taskset` may allow fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe() -> dict[str, Any]:
    """This machine as a record describes it: system, cores, memory in GiB, versions of Python and of `PACKAGES`."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
