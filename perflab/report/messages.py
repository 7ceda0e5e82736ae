"""What a result means in words: one sentence, its details, and the next step. Every outcome has its words here."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean, pstdev

from perflab.course.lab import Lab, Metric, Side
from perflab.judge import rule
from perflab.judge.agreement import Difference
from perflab.judge.result import Result
from perflab.judge.rule import Outcome, Ruling, Score
from perflab.measure import metrics
from perflab.measure.metrics import FAILED_MS, METRIC_TYPES
from perflab.measure.samples import Profile, Samples

ROWS = [
    ("answers per second", "responses_per_s", False),
    ("p50{request}, ms", "latency_ms_p50", True),
    ("p95{request}, ms", "latency_ms_p95", True),
    ("p99{request}, ms", "latency_ms_p99", True),
    ("failed requests", "failed", False),
    ("of these, rejected with Retry-After", "rejected", False),
    ("CPU per request, ms", "cpu_ms_per_request", False),
    ("memory under load, MiB", "rss_mib", False),
    ("processes that answered", "workers", False),
]
OTHERS_CORES = 0.3  # kept busy by other programs: from here on it is reported
PARTLY = 0.25  # of the gap: from here on the advice is `advice_partial`


@dataclass(frozen=True)
class Message:
    """`sentence` says what was found, `details` show it, `next_step` says what to do."""

    sentence: str
    next_step: str
    details: list[str] = field(default_factory=list)


def share(closed: float) -> str:
    """A share of the gap, as people say it: less than 1 % is nothing, and 1 or more is all."""
    if math.isnan(closed):
        return "an unknown part"
    if closed < 0.01:
        return "nothing"
    # Rounded down: a share short of the goal must not read like the goal.
    return f"{math.floor(closed * 100 + 1e-9)}%" if closed < 1 else "all"


def score(metric: Metric, score: Score) -> str:
    """One metric of one round: void, kept or not kept, or the share of the gap closed."""
    if score.ruling is Ruling.VOID:
        return "void"
    if metric.tolerance:
        return "kept" if score.ruling is Ruling.WON else "not kept"
    return share(score.closed)


def kept(metric: Metric) -> str:
    """How far a metric with a tolerance may be from the slow side's, in words."""
    assert metric.tolerance
    if not metric.type.log:
        none = metric.tolerance < 1 and not metric.type.unit  # what is counted has no half
        amount = "no" if none else f"at most {metric.tolerance:g} {metric.type.unit}".strip()
        return f"{amount} {'less' if metric.type.more_is_better else 'more'} than on the slow side"
    if metric.type.more_is_better:
        return f"at least {1 / metric.tolerance:.0%} of the slow side's"
    return f"at most {metric.tolerance:g} times the slow side's"


def file_names(lab: Lab) -> str:
    """The files that the learner edits, relative to the course."""
    return " and ".join(f"labs/{lab.slug}/{file}" for file in lab.files)


def _command(verb: str, lab: Lab) -> str:
    return f"make {verb}-{lab.number:02d}"


def explain(result: Result) -> Message:
    """Puts a finished result into words."""
    assert result.outcome
    return {
        Outcome.UNTOUCHED: _untouched,
        Outcome.ERROR: _broken,
        Outcome.WRONG: _wrong,
        Outcome.NOT_YET: _not_yet,
        Outcome.SOLVED: _solved,
        Outcome.INCONCLUSIVE: _unclear,
        Outcome.SKIPPED: _cannot_run,
    }[result.outcome](result)


def _untouched(result: Result) -> Message:
    lab = result.lab
    return Message(
        f"Nothing is changed yet in {file_names(lab)}.",
        f"`{_command('start', lab)}` copies the slow code there, for you to change. "
        f"`{_command('hint', lab)}` has a first question.",
    )


def _broken(result: Result) -> Message:
    assert result.error
    return Message(
        f"Your fix does not serve. {result.error.reason}",
        f"Fix it in {file_names(result.lab)} and run `{_command('lab', result.lab)}` again.",
        result.error.output,
    )


def _wrong(result: Result) -> Message:
    difference = result.difference
    assert difference
    when = " when it is busy" if difference.under_load else ""
    if difference.when:
        when = f", {difference.when}"
    if difference.error:
        return Message(
            f"Your fix fails when it is asked for {difference.request}{when}. The error is its own.",
            f"Fix it in {file_names(result.lab)} and run `{_command('lab', result.lab)}` again.",
            [*difference.shown, "", *difference.error],
        )
    if difference.rejects:
        return _rejecting(result.lab, f"Your fix rejects {difference.request}{when}", difference)
    return Message(
        f"Your fix answers {difference.request} differently from the slow site{when}. Fast and wrong is wrong.",
        "Make it give the same answers, then make it fast.",
        difference.shown,
    )


def _rejecting(lab: Lab, sentence: str, difference: Difference) -> Message:
    """What to do about a rejection that is no honest one: the true reason may be one header."""
    details = difference.shown
    if lab.may_reject:
        return Message(
            f"{sentence}, and does not say when to try again.",
            "Send a `Retry-After` header with every rejection: without one the visitor knows nothing.",
            details,
        )
    return Message(f"{sentence}, and the slow site serves it.", "Serve it: here nothing may be rejected.", details)


def _loser(result: Result) -> tuple[Metric, float]:
    """The metric that kept the lab from being solved, and the share of its gap that was closed."""
    for index, metric in enumerate(result.lab.metrics):
        if rule.settled(result.scores(index), rule.terms(result.lab)) is Outcome.NOT_YET:
            return metric, result.closed(index)
    raise ValueError("every metric is solved or open")


def _not_yet(result: Result) -> Message:
    printed = ["The last error that your site printed:", "", *result.error.output] if result.error else []
    if result.finding:
        next_step = f"{result.lab.aim} `{_command('hint', result.lab)}` has the next hint."
        return Message(result.finding, next_step, printed)
    if violations := [round.violation for round in result.rounds if round.violation]:
        next_step = "A round like that is lost, however quick it was. Take it out, and run it again."
        return Message(violations[-1], next_step, printed)
    metric, closed = _loser(result)
    advice = metric.advice_partial if closed >= PARTLY else metric.advice_none
    if metric.tolerance:
        yours, slow = (metric.in_words(result.figure(side, metric)) for side in ("yours", "slow"))
        return Message(
            f"One thing got worse, {metric.label}: {yours} with your fix, {slow} on the slow site; "
            f"{kept(metric)} would do.",
            f"{advice} `{_command('hint', result.lab)}` has the next hint.",
        )
    return Message(
        f"On {metric.label}, your fix closes {share(closed)} of the gap between slow and reference"
        f"{' in the rounds where it does worst' if result.lab.round_kinds > 1 else ''}; "
        f"{share(metric.goal)} of it would do.",
        f"{advice} `{_command('hint', result.lab)}` has the next hint.",
    )


def _solved(result: Result) -> Message:
    lab = result.lab
    parts = [
        f"{share(result.closed(index))} of it on {metric.label}"
        for index, metric in enumerate(lab.metrics)
        if metric.min_effect
    ]
    better = [
        f" On {metric.label} it beats our fix, by more than chance: {yours}, where ours has {ours}."
        for index, metric in enumerate(lab.metrics)
        if metric.min_effect and result.beats_reference(index)
        for yours, ours in [[metric.in_words(result.figure(side, metric)) for side in ("yours", "reference")]]
    ]
    return Message(
        f"Of the gap between slow and reference, your fix closes {', '.join(parts)}.{''.join(better)}",
        f"Read our fix in solutions/{lab.slug}, then go on in its notebook (`make jupyter`), below `lab.verify()`.",
    )


def _unclear(result: Result) -> Message:
    if result.error and result.error.side == "course":
        return Message(result.error.reason, "Run it again when nothing writes there any more.")
    if result.error:
        return Message(
            f"The {result.error.side} side itself did not serve. {result.error.reason}",
            "`make doctor` looks at this machine. If it finds nothing, this is a fault of the course: please tell us.",
            result.error.output,
        )
    reasons = sorted({round.disturbed for round in result.rounds if round.disturbed})
    others = result.others_cores
    if others > OTHERS_CORES:
        reasons.append(f"other programs kept {others:.1f} cores busy meanwhile")
    why = f": {'; '.join(reasons)}" if reasons else ""
    return Message(
        result.finding or f"The bottleneck did not show, so nothing could be judged{why}.",
        "Close what else is running, plug the laptop in, and run it again. `make doctor` shows how noisy it is here.",
    )


def _cannot_run(result: Result) -> Message:
    return Message(f"This lab cannot run here. {result.finding}", "`make doctor` shows what this machine has.")


def to_come(lab: Lab) -> str:
    """What a learner reads of a lab that has no metrics yet."""
    return f"Lab {lab.number}, {lab.title!r}, is still to come."


def latencies(sides: Mapping[Side, Samples], request: str | None) -> Iterator[str]:
    """Latencies in ms, in autocannon's columns: a line of headings, then a line for each side."""
    yield f"{'ms':10}{'2.5%':>9}{'50%':>9}{'97.5%':>9}{'99%':>9}{'average':>10}{'stdev':>9}{'max':>9}"
    for side, samples in sides.items():
        times = metrics.latencies_ms(samples.select(request))
        if times:
            shares = [metrics.percentile(times, share) for share in (0.025, 0.5, 0.975, 0.99)]
            columns = [*shares, fmean(times), pstdev(times), max(times)]
            widths = (9, 9, 9, 9, 10, 9, 9)
            yield f"{side:10}" + "".join(f"{one:{width}.1f}" for one, width in zip(columns, widths, strict=True))


def profiler(profile: Profile) -> str:
    """How a profile was taken, and what it cannot show."""
    if profile.by == "py-spy":
        return f"{profile.count} samples by py-spy, from outside the server."
    return (
        f"{profile.count} samples by {profile.by}, from within the server: py-spy may not look into other processes "
        "here. Only the event loop was seen, and no threads."
    )


def figures(result: Result) -> Iterator[tuple[str, list[str]]]:
    """The table of the sides, row by row: a label, and a figure for each side. Medians over the rounds.

    At the end are the lab's own metrics, as far as the rows before have not had them. Where the server is told to stop
    there are no speeds: the load ends with it.
    """
    lab = result.lab
    request = lab.shown.request
    ends_early = lab.incident is not None and lab.incident.kind == "terminate"  # so speed over the round means nothing
    for label, name, particular in ROWS:
        if ends_early and METRIC_TYPES[name].of_speed:
            continue
        values = [
            result.median(side, name, request, lab.shown.before_incident) if particular else result.median(side, name)
            for side in result.sides
        ]
        if all(math.isnan(value) for value in values):
            continue  # it is known of no side
        if (name == "rejected" and not any(values)) or (particular and min(values) >= FAILED_MS):
            continue  # no request was rejected; or so many failed on every side that there is no latency to compare
        shown = [
            "–" if math.isnan(value) else "no answer" if particular and value >= FAILED_MS
            else f"{value:,.{METRIC_TYPES[name].digits}f}"
            for value in values
        ]  # fmt: skip
        yield label.format(request=f" of {request}" if request else ""), shown
    for metric in lab.metrics:
        if metric.type_name not in [name for _, name, _ in ROWS]:
            yield metric.label, [metric.in_words(result.figure(side, metric)) for side in result.sides]
