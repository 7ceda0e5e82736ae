"""The machine that a run is measured on: its cores, and a description to read its figures with."""

import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

SHARED_MEMORY = Path("/dev/shm")  # on Linux a file system of its own, which a container may have kept small
PACKAGES = ("fastapi", "starlette", "uvicorn", "gunicorn", "locust", "anyio", "uvloop")


def cores() -> int:
    """How many cores this process may use. A container or `taskset` may allow fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def counts_io() -> bool:
    """Whether the system counts the bytes that each process reads and writes (Linux, proc(5)). macOS does not."""
    return Path("/proc/self/io").exists()


def free_shared_memory_mib() -> float | None:
    """How much shared memory is left, in MiB. None where it has no limit of its own."""
    return shutil.disk_usage(SHARED_MEMORY).free / 2**20 if SHARED_MEMORY.exists() else None


def shared_memory_missing(needed_mib: int) -> str | None:
    """What is missing where this machine has less shared memory than needed: a sentence with the remedy, or None."""
    free_mib = free_shared_memory_mib()
    if free_mib is None or free_mib >= needed_mib:
        return None
    return (
        f"It needs {needed_mib} MiB of shared memory, and {SHARED_MEMORY} has {free_mib:.0f} free. "
        "A container gets more with `--shm-size=1g`."
    )


def describe() -> dict[str, Any]:
    """This machine as a record describes it: system, cores, memory in GiB, versions of Python and of `PACKAGES`."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def in_words() -> str:
    """This machine in one line: system, cores, memory and Python's version."""
    here = describe()
    return f"{here['system']}, {here['cores']} cores, {here['memory_gib']} GiB, Python {here['python']}"


def versions() -> str:
    """The versions of `PACKAGES` in one line."""
    return ", ".join(f"{name} {version}" for name, version in describe()["packages"].items())
