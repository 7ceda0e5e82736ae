"""Moves the other sides to one processor and to the end of its queue, which any program of the same user may do."""

import contextlib
import os

import psutil
from cheats.surroundings import whenever_driven


def demote(process):
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error, OSError):
            one.nice(19)
            if hasattr(os, "sched_getaffinity"):
                one.cpu_affinity([0])


whenever_driven(demote)
