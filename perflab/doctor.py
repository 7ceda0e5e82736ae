"""`make doctor`: whether this machine is fit to measure on, and how noisy it is, in words."""

import platform
import statistics
import time

import psutil
from rich.console import Console

from perflab.mechanism import cores

SPINS = 40


def spin_ms() -> float:
    """A fixed piece of work, timed."""
    begun = time.perf_counter()
    total = 0
    for number in range(200_000):
        total += number * number
    return (time.perf_counter() - begun) * 1000


def noise() -> float:
    """How much the same work varies here: the spread of its times, 10th to 90th percentile, by the median."""
    times = [spin_ms() for _ in range(SPINS)]
    tenths = statistics.quantiles(times, n=10)
    return (tenths[-1] - tenths[0]) / statistics.median(times)


def report(to: Console) -> int:
    """Prints what was found. Returns 0 when every lab can run here, else 1."""
    free_gib = psutil.virtual_memory().available / 2**30
    load = psutil.getloadavg()[0]
    spread = noise()
    quiet = "quiet" if spread < 0.1 else "a little noisy" if spread < 0.3 else "noisy: close what else is running"
    findings = [
        (True, f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"),
        (cores() >= 2, f"{cores()} cores" + ("" if cores() >= 2 else ": many labs need two")),
        (free_gib >= 2, f"{free_gib:.1f} GiB of memory free" + ("" if free_gib >= 2 else ": two are wanted")),
        (load < cores(), f"load average {load:.1f}" + ("" if load < cores() else ": something else is at work")),
        (spread < 0.3, f"the same work varies by {spread:.0%} here: {quiet}"),
    ]
    for fine, finding in findings:
        to.print(f"  {'[green]✓[/]' if fine else '[yellow]![/]'} {finding}")
    return 0 if cores() >= 2 else 1
