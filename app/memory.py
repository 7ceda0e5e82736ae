"""How much memory this process has, and how much it may have: the machine's, or less where a container says so."""

from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")


def rss_mib() -> float:
    """The resident memory of this process in MiB."""
    return float(psutil.Process().memory_info().rss / 2**20)


def limit_mib(cgroups: Path = CGROUPS, membership: Path = Path("/proc/self/cgroup")) -> float:
    """The lowest memory limit of the control groups above this process, or else the machine's memory, in MiB.

    `membership` names a group as `0::/path` in version 2, and as `4:memory:/path` in version 1. Each folder on the way
    there has a file with a limit. Inside a container the path may be the host's, and only the top folder is there.
    """
    limits = [psutil.virtual_memory().total]
    for line in membership.read_text().splitlines() if membership.exists() else []:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top, file = (cgroups / "memory", "memory.limit_in_bytes") if controllers else (cgroups, "memory.max")
        group = top / path.strip("/")
        files = (folder / file for folder in (group, *group.parents))
        said = [limit.read_text().strip() for limit in files if limit.is_file()]
        limits += [int(text) for text in said if text.isdecimal()]  # without a limit it says `max`
    return min(limits) / 2**20
