"""How often is the judge wrong? Writes the results of the trials: `docs/judge.md`, its charts, the README's lines.

`python -m perflab qualify` goes on where it stopped; `--report` only writes. Every figure is computed from the records
in `benchmarks/`.
"""

import re
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import jinja2
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from perflab.bench.interference import SWAPPED_BYTES
from perflab.calibration import rules, trials
from perflab.calibration.trials import Record
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.fairness import BUSY_SHARE, LATE_SHARE, STOLEN_MORE, STOLEN_SHARE, UNEVEN_SHARE
from perflab.judge.rule import Outcome, judge
from perflab.measure import metrics
from perflab.report.charts import style

CONFIDENCE = 0.95
NOISY = tuple(condition for condition in trials.CONDITIONS if condition != "quiet")
BEGIN, END = "<!-- judge: written by `python -m perflab qualify` -->", "<!-- /judge -->"
CANDIDATE_KINDS = {
    "slow": ("the slow code itself", style.SIDES["slow"]),
    "tempting": ("tempting fixes", style.OTHER),
    "other": ("other good fixes", style.SIDES["yours"]),
    "reference": ("our fix", style.SIDES["reference"]),
}


class Rate(NamedTuple):
    """`hits` of `total`, and the bounds of the true rate with 95 % confidence, as shares of 1.

    The interval is exact (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404).
    """

    hits: int
    total: int
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.hits} of {self.total}" if self.total else "–"

    @property
    def at_most(self) -> str:
        """The rate in words, with its upper bound."""
        return f"{self} (at most {percent(self.high)})"


def rate(hits: Iterable[bool]) -> Rate:
    """The rate of these hits, with its bounds."""
    from scipy.stats import binomtest

    found = list(hits)
    if not found:
        return Rate(0, 0, 0.0, 1.0)
    bounds = binomtest(sum(found), len(found)).proportion_ci(CONFIDENCE, "exact")
    return Rate(sum(found), len(found), float(bounds.low), float(bounds.high))


def select(records: Iterable[Record], kinds: Iterable[str], conditions: Iterable[str] = ("quiet",)) -> list[Record]:
    """The records of some kinds of candidates under some conditions, without those that could not run."""
    kinds, conditions = set(kinds), set(conditions)
    return [
        record
        for record in records
        if record.kind in kinds and record.condition in conditions and record.outcome is not Outcome.SKIPPED
    ]


def said(records: Iterable[Record], *outcomes: Outcome) -> Rate:
    """How often the judge gave one of these outcomes."""
    return rate(record.outcome in outcomes for record in records)


def percent(share: float) -> str:
    """A share of 1, in percent with one digit."""
    return f"{share * 100:.1f} %"


def lab_row(lab: Lab, records: list[Record]) -> str:
    """A lab's line: how often each kind of fix is called solved, quiet and noisy, and the seconds to a verdict."""
    cells = [
        said(select(records, [kind], conditions), Outcome.SOLVED)
        for kind in ("slow", "tempting", "reference", "other")
        for conditions in (["quiet"], NOISY)
    ]
    wrong = rate(record.false_not_yet for record in select(records, ["reference", "other"], trials.CONDITIONS))
    seconds = [f"{record.seconds:.0f}" for record in select(records, ["reference"], ["quiet"])]
    return " | ".join([f"| {lab.number:02d} {lab.title}", *map(str, cells), str(wrong), f"{(seconds or ['–'])[-1]} |"])


def lab_table(course: Syllabus, records: dict[str, list[Record]]) -> str:
    """The table of all labs that were tried, in Markdown."""
    head = (
        "| lab | slow *solved*, quiet | noisy | tempting *solved*, quiet | noisy | our fix *solved*, quiet | noisy | "
        "other good fixes *solved*, quiet | noisy | good fixes refused | seconds |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(lab_row(lab, records[lab.name]) for lab in course.ready if records[lab.name])


def summary(records: Iterable[Record]) -> str:
    """The lines that the README shows."""
    held = select(records, CANDIDATE_KINDS, trials.CONDITIONS)
    slow, tempting = (rate(one.false_solved for one in held if one.kind == kind) for kind in ("slow", "tempting"))
    ours = select(held, ["reference"])
    text = (
        f"In {len(held)} trials the slow code against itself was called *solved* {slow.at_most}, and fixes that only "
        f"look right {tempting.at_most}. On a quiet machine our own fixes were *solved* {said(ours, Outcome.SOLVED)}, "
        f"and refused {rate(one.false_not_yet for one in ours).at_most}."
    )
    if noisy := select(held, ["reference"], NOISY):
        text += (
            " Beside busy neighbours, or on one core, they were refused "
            f"{rate(one.false_not_yet for one in noisy).at_most}, and *unclear* {said(noisy, Outcome.INCONCLUSIVE)}."
        )
    return f"{text} *At most*: with 95 % confidence."


Errors = dict[tuple[str, str, str], list[rules.Error]]
"""Each rule's errors, by rule, candidate (slow or reference) and quiet or noisy: one for each lab it can judge."""


def replayed(course: Syllabus, records: dict[str, list[Record]]) -> Errors:
    """Judges the recorded rounds by every rule, and returns the errors."""
    found: Errors = {}
    for lab in filter(rules.is_asked, course.ready):
        for candidate in ("slow", "reference"):
            for where, conditions in (("quiet", ["quiet"]), ("noisy", NOISY)):
                if rounds := rules.pool(lab, records[lab.name], candidate, conditions):
                    for rule in rules.RULES:
                        found.setdefault((rule.name, candidate, where), []).append(rules.error(lab, rule, rounds))
    return found


def mean(errors: list[rules.Error], field: str) -> float:
    """The mean of one field over the labs. Raises StatisticsError for none."""
    return statistics.fmean(getattr(error, field) for error in errors)


def rules_table(errors: Errors) -> str:
    """The table of all rules, in Markdown."""
    head = (
        "| rule | slow called *solved*, quiet | noisy | our fix called *not yet*, quiet | noisy | unclear, noisy | "
        "seconds of load |\n|---|---|---|---|---|---|---|\n"
    )
    lines = []
    for rule in rules.RULES:
        cells = []
        for candidate, field, where in (
            ("slow", "solved", "quiet"), ("slow", "solved", "noisy"),
            ("reference", "not_yet", "quiet"), ("reference", "not_yet", "noisy"), ("reference", "unclear", "noisy"),
        ):  # fmt: skip
            group = errors.get((rule.name, candidate, where))
            cells.append(percent(mean(group, field)) if group else "–")
        quiet = errors.get((rule.name, "slow", "quiet"), []) + errors.get((rule.name, "reference", "quiet"), [])
        lines.append(" | ".join([f"| {rule.name}", *cells, f"{mean(quiet, 'seconds'):.0f} |" if quiet else "– |"]))
    return head + "\n".join(lines)


def labs_asked(errors: Errors) -> str:
    """How many labs the table of rules is about: the fewest of any column, quiet and noisy."""
    quiet, noisy = (
        min(len(errors.get((rules.RULES[0].name, candidate, where), [])) for candidate in ("slow", "reference"))
        for where in ("quiet", "noisy")
    )
    return f"{quiet} labs" if quiet == noisy else f"{quiet} labs ({noisy} of them noisy)"


def instrument_table(course: Syllabus, records: dict[str, list[Record]]) -> str:
    """The conditions of each lab, in Markdown: the load generator's CPU, late requests and disturbed rounds."""
    lines = ["| lab | CPU share, most | sent late, quiet | noisy | disturbed rounds, quiet | noisy |"]
    lines.append("|---|---|---|---|---|---|")
    for lab in course.ready:
        groups = [select(records[lab.name], CANDIDATE_KINDS, conditions) for conditions in (["quiet"], NOISY)]
        rounds = [[round for record in group for round in record.rounds] for group in groups]
        read = [[one for round in of_them for one in round["conditions"].values()] for of_them in rounds]
        if not all(read):
            continue
        cpu = percent(max(one[0] for one in read[0]))
        late = [percent(statistics.fmean(one[1] for one in of_them)) for of_them in read]
        void = [str(rate(bool(round["disturbed"]) for round in of_them)) for of_them in rounds]
        lines.append(" | ".join([f"| {lab.number:02d} {lab.title}", cpu, *late, *void]) + " |")
    return "\n".join(lines)


def scripted(course: Syllabus, records: dict[str, list[Record]]) -> str:
    """How far off the load generator was where the truth is scripted: in lab 03, driven by our load test."""
    lab = next((lab for lab in course.ready if lab.is_about_load and records[lab.name]), None)
    rounds = [round for record in select(records[lab.name], CANDIDATE_KINDS) for round in record.rounds] if lab else []
    if not rounds or not lab:
        return "This has not been tried yet."
    off = sorted(abs(round["figures"][0]["reference"] - 1) for round in rounds)
    return (
        f"In {len(rounds)} rounds on a quiet machine the instrument's {lab.metrics[0].type.label} was off the "
        f"truth by {percent(statistics.median(off))} typically, and by {percent(off[-1])} at most."
    )


def deciding(lab: Lab, records: list[Record]) -> float | None:
    """How far a candidate is from the goal on the metric that decides: its median share closed, less the goal.

    None where no round has a share.
    """
    margins = []
    for index, metric in enumerate(lab.metrics):
        if metric.tolerance:
            continue
        closed = []
        for record in records:
            for round in record.rounds:
                values = {side: value for side, value in round["figures"][index].items() if value is not None}
                if len(values) == 3:
                    closed.append(judge(metric, values).closed)
        known = [share for share in closed if share == share]
        if known:
            margins.append(metrics.median(known) - metric.goal)
    return min(margins) if margins else None


def curve(course: Syllabus, records: dict[str, list[Record]]) -> Figure:
    """How often a fix is called solved, over how far it is from the goal: one point for each candidate of each lab."""
    figure, axis = plt.subplots(figsize=(style.WIDTH, 4.2), layout="constrained")
    for kind, (name, colour) in CANDIDATE_KINDS.items():
        first = True
        for lab in course.ready:
            of_lab = select(records[lab.name], [kind])
            for candidate in sorted({record.candidate for record in of_lab}):
                held = [record for record in of_lab if record.candidate == candidate]
                margin = deciding(lab, held)
                if margin is None:
                    continue
                solved = said(held, Outcome.SOLVED)
                share, place = solved.hits / solved.total, min(max(margin, -1.2), 0.8)
                axis.plot([place] * 2, [solved.low, solved.high], color=colour, lw=1, alpha=0.5)
                axis.plot([place], [share], "o", color=colour, ms=8, mec="white", label=name if first else None)
                first = False
    axis.axvline(0, color=style.INK, lw=1.2, ls=style.DASHED)
    axis.text(0.02, 0.5, "the goal", fontsize=9.5, bbox={"fc": "white", "ec": "none", "pad": 1.5})
    axis.set_ylim(-0.04, 1.04)
    axis.set_yticks([0, 0.5, 1], ["never", "half the time", "always"])
    axis.set_xlabel("share of the gap closed, less the lab's goal (the metric that decides); bars: 95 % confidence")
    axis.set_title("Called solved, quiet: a point for each fix of each lab")
    axis.grid(axis="both")
    if axis.lines[:-1]:  # the last is the goal's own
        figure.legend(loc="outside upper center", ncols=len(CANDIDATE_KINDS), frameon=False)
    return figure


def rules_chart(errors: Errors) -> Figure:
    """Each rule's error over the seconds that it spends: false solved and false not yet, quiet and noisy."""
    figure, axes = plt.subplots(2, 2, figsize=(style.WIDTH, 6.4), sharex=True, sharey=True, layout="constrained")
    floor = 0.5 / rules.SEQUENCES
    beside = [(0, 13), (-12, 0), (-10, -9), (12, 0), (12, 0), (10, -9)]  # numbers: some points are near each other
    wrongs = (("slow", "solved", "Slow called solved"), ("reference", "not_yet", "Our fix called not yet"))
    for row, (candidate, field, title) in zip(axes, wrongs, strict=True):
        for axis, where in zip(row, ("quiet", "noisy"), strict=True):
            for number, rule in enumerate(rules.RULES, 1):
                if group := errors.get((rule.name, candidate, where)):
                    colour = style.SIDES["reference"] if rule.says is rules.ours else style.FAINT
                    seconds, error = mean(group, "seconds"), max(mean(group, field), floor)
                    axis.plot(seconds, error, "o", color=colour, ms=9, mec="white")
                    axis.annotate(
                        str(number), (seconds, error), xytext=beside[number - 1],
                        textcoords="offset points", color=colour, ha="center", va="center",
                    )  # fmt: skip
            axis.set_xscale("log")
            axis.set_yscale("log")
            axis.set_ylim(floor * 0.35, 1.3)
            axis.set_yticks([floor, 0.01, 0.1, 1], ["none seen", "1 %", "10 %", "100 %"])
            axis.set_xlim(2, 100)
            axis.set_xticks([3, 10, 30, 100], ["3 s", "10 s", "30 s", "100 s"])
            axis.minorticks_off()
            axis.grid(axis="both")
            axis.set_title(f"{title}, {where}")
    figure.supxlabel("seconds of load until the verdict; numbers: the rules above", fontsize=10)
    return figure


def _set_block(text: str, block: str) -> str:
    """Puts a text between the README's two marks."""
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{block}\n{END}", text, flags=re.S)


def write(course: Syllabus, root: Path) -> Path:
    """Writes the report, its charts and the README's lines, and returns where the report is."""
    records = {lab.name: trials.read(lab) for lab in course.ready}
    everything = [record for of_lab in records.values() for record in of_lab]
    errors = replayed(course, records)
    docs = root / "docs"
    (docs / "judge-curve.png").write_bytes(style.png(curve(course, records)))
    (docs / "judge-rules.png").write_bytes(style.png(rules_chart(errors)))
    numbered = "\n".join(
        f"{number}. **{rule.name}.** {rule.says.__doc__}" for number, rule in enumerate(rules.RULES, 1)
    )
    page = docs / "judge.md"
    pages = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), undefined=jinja2.StrictUndefined)
    text = pages.get_template("judge.md.j2").render(
        instrument=instrument_table(course, records), scripted=scripted(course, records),
        summary=summary(everything), labs=lab_table(course, records), rules=rules_table(errors), numbered=numbered,
        asked=labs_asked(errors), uneven=UNEVEN_SHARE, busy=BUSY_SHARE, late=LATE_SHARE, stolen=STOLEN_SHARE,
        stolen_more=STOLEN_MORE,
        swapped=SWAPPED_BYTES / 2**20, sequences=rules.SEQUENCES, kept=trials.LATENCIES_KEPT,
    )  # fmt: skip
    page.write_text(text + "\n")
    readme = root / "README.md"
    readme.write_text(_set_block(readme.read_text(), summary(everything)))
    return page
