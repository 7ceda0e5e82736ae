"""`make doctor`: whether this machine is fit to measure on, and how right the load generator is here.

On a shared machine the same work may take tens of percent longer at times, as clock rates change: that affects all
sides of a lab alike. Other programs do not, so this looks for them.
"""

import platform
import random
import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

import psutil
from rich.console import Console

from perflab.bench import interference
from perflab.bench.live import LiveBench
from perflab.course.syllabus import Syllabus
from perflab.judge.errors import SideError
from perflab.measure import metrics
from perflab.measure.machine import cores, shared_memory_missing
from perflab.measure.samples import Conditions, Samples
from perflab.report.messages import OTHERS_CORES

LOOK_S = 1.0
PLAIN_ASKS = 40
GRANTED = 0.95  # of the time that a program wants to run: with less, other programs use every core
P50_MS, P99_SHARE = 2.0, 0.1  # by how much the load generator may err


class Finding(NamedTuple):
    """One line of the report."""

    fine: bool
    said: str


class Noise(NamedTuple):
    """What other programs leave of this machine."""

    granted: float  # of the time that this program wanted to run, the share in which it did
    others_cores: float  # cores that other programs kept busy meanwhile


def noise() -> Noise:
    """Computes for `LOOK_S`, and measures how much of a core this program got, and what others used."""
    machine = interference.Machine([])
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun_s < LOOK_S:
        sum(range(1000))
    granted = (time.process_time() - cpu_s) / (time.perf_counter() - begun_s)
    return Noise(granted, machine.watched(Samples(LOOK_S, [], Conditions(granted, 0.0)), {}).others_cores)


def of_noise(noise: Noise) -> Finding:
    """Whether other programs leave enough of this machine."""
    used = f"other programs use {noise.others_cores:.1f} cores"
    if noise.others_cores > OTHERS_CORES:
        return Finding(False, f"noisy: {used}. Close them, or some rounds will not count")
    if noise.granted < GRANTED:
        return Finding(False, f"noisy: a program gets only {noise.granted:.0%} of a core here. Is this machine shared?")
    return Finding(True, f"quiet: {used}")


class Reading(NamedTuple):
    """What the load generator reports of a server with scripted stalls, beside what is true."""

    quick_ms: float  # its p50
    plain_ms: float  # the median of a plain client, one request at a time
    stalled_ms: float  # its p99
    truth_ms: float  # its true p99, as scripted
    cpu_share: float  # of a core, what it used


def read(course: Syllabus) -> Reading:
    """Drives the server of lab 03, which stalls by the clock, with our load test. Raises SideError."""
    lab = course.by_name("honest_load")
    with LiveBench(lab, {"reference": lab.fix("reference")}, judging=False) as bench:
        bench.start("reference")
        plain = []
        for _ in range(PLAIN_ASKS):
            begun_s = time.perf_counter()
            bench.servers["reference"].ask("/quick")
            plain.append((time.perf_counter() - begun_s) * 1000)
        samples = bench.drive("reference", random.SystemRandom().getrandbits(32))
    quick_ms, stalled_ms = (metrics.percentile(metrics.latencies_ms(samples.responses), share) for share in (0.5, 0.99))
    truth_ms = metrics.waited_ms(samples.stalls, samples.seconds, 0.99)
    return Reading(quick_ms, statistics.median(plain), stalled_ms, truth_ms, samples.conditions.cpu_share)


def of_instrument(reading: Reading) -> Finding:
    """Whether the load generator reports what is true."""
    added_ms = reading.quick_ms - reading.plain_ms
    fine = added_ms <= P50_MS and abs(reading.stalled_ms / reading.truth_ms - 1) <= P99_SHARE
    return Finding(
        fine,
        f"the instrument reads a wait of {reading.truth_ms:.0f} ms as {reading.stalled_ms:.0f} ms, adds "
        f"{max(added_ms, 0):.1f} ms to a quick answer, and uses {reading.cpu_share:.0%} of a core"
        + ("" if fine else ": close what else is running"),
    )


def findings(course: Syllabus) -> Iterator[Finding]:
    """Every finding about this machine, one after the other: the last ones take seconds."""
    free_gib = psutil.virtual_memory().available / 2**30
    yield Finding(True, f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    yield Finding(cores() >= 2, f"{cores()} cores" + ("" if cores() >= 2 else ": some labs need two"))
    yield Finding(free_gib >= 2, f"{free_gib:.1f} GiB of memory free" + ("" if free_gib >= 2 else ": two are wanted"))
    for lab in course.ready:
        if missing := shared_memory_missing(lab.shared_memory_mib):
            yield Finding(False, f"lab {lab.number} cannot run here. {missing}")
    yield of_noise(noise())
    try:
        yield of_instrument(read(course))
    except SideError as error:
        yield Finding(False, f"the instrument cannot be checked: {error.reason}")


def report(to: Console, course: Syllabus) -> int:
    """Prints each finding as soon as it is there. Returns 0 if this machine has the cores for every lab, else 1."""
    for finding in findings(course):
        to.print(f"  {'[green]✓[/]' if finding.fine else '[yellow]![/]'} {finding.said}")
    return 0 if cores() >= 2 else 1
