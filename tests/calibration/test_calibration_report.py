"""The report on the judge: computed from records, and nothing else."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import toy
from matplotlib import pyplot as plt
from test_rules import FASTER, SAME

from perflab.calibration import report, trials
from perflab.calibration.trials import Record
from perflab.course import syllabus
from perflab.course.lab import ROOT, Metric
from perflab.course.syllabus import Syllabus
from perflab.judge import rule
from perflab.judge.rule import Outcome, Ruling, Score


def record(kind: str, outcome: Outcome, condition: str = "quiet", lab: str = "stuck_toy") -> Record:
    rounds = FASTER[:3] if outcome is Outcome.SOLVED else SAME[:3]
    return Record(lab, kind, kind, condition, outcome, 12.0, rounds)


RECORDS = [
    *[record("slow", Outcome.NOT_YET)] * 9,
    record("slow", Outcome.SOLVED),
    *[record("slow", Outcome.NOT_YET, "bursts")] * 5,
    *[record("reference", Outcome.SOLVED)] * 8,
    record("reference", Outcome.NOT_YET, "neighbour"),
    record("reference", Outcome.INCONCLUSIVE, "one core"),
    record("reference", Outcome.SKIPPED, "one core"),
    *[record("tempting", Outcome.NOT_YET)] * 2,
]


def test_a_rate_has_exact_bounds() -> None:
    """None of 200 still allows for 1.8 in 100: 1 - 0.025 ** (1 / 200)."""
    none = report.rate([False] * 200)
    assert (none.hits, none.total, none.low) == (0, 200, 0.0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 200))


def test_a_rate_of_no_trials_is_unknown() -> None:
    assert report.rate([]) == (0, 0, 0.0, 1.0)
    assert str(report.rate([])) == "–"


def test_the_summary_counts_what_the_records_say() -> None:
    said = report.summary(RECORDS)
    assert said.startswith("In 27 trials the slow code against itself was called *solved* 1 of 15 (at most 31.9 %)")
    assert "only look right 0 of 2 (at most 84.2 %)" in said
    assert "were *solved* 8 of 8, and refused 0 of 8 (at most 36.9 %)" in said
    assert "refused 1 of 2 (at most 98.7 %), and *unclear* 1 of 2." in said
    assert "neighbours" not in report.summary(one for one in RECORDS if one.condition == "quiet")


def test_a_lab_has_a_line_with_its_rates(tmp_path: Path) -> None:
    older = replace(record("reference", Outcome.SOLVED), seconds=30.0)
    row = report.lab_row(toy.plain_lab(tmp_path), [older, *RECORDS])
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        "01 The toy that stood still",
        "1 of 10", "0 of 5", "0 of 2", "–", "9 of 9", "0 of 2", "–", "–", "1 of 11", "12",
    ]  # fmt: skip


def test_the_instrument_has_a_line_for_each_lab_tried(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    tried = [record("slow", Outcome.NOT_YET), record("slow", Outcome.NOT_YET, "bursts")]
    records = {lab.name: tried if lab.name == "stuck_toy" else [] for lab in course.ready}
    (line,) = report.instrument_table(course, records).splitlines()[2:]
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "01 The toy that stood still", "30.0 %", "0.0 %", "0.0 %", "0 of 3", "0 of 3",
    ]  # fmt: skip


def test_the_report_says_if_the_known_truth_was_never_tried(tmp_path: Path) -> None:
    assert "not been tried yet" in report.scripted(toy.course(tmp_path), {"stuck_toy": [], "shipped_toy": []})


def written(course: Syllabus, root: Path) -> str:
    (root / "docs").mkdir(exist_ok=True)
    (root / "README.md").write_text(f"Before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    return report.write(course, root).read_text()


def test_the_report_is_written_with_its_charts_and_the_readmes_lines(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    for one in RECORDS:
        trials.append(course.by_name(one.lab), one)
    page = written(course, tmp_path)
    assert report.summary(RECORDS) in page
    for chart in re.findall(r"\((judge-\w+\.png)\)", page):
        assert (tmp_path / "docs" / chart).read_bytes().startswith(b"\x89PNG")
    readme = (tmp_path / "README.md").read_text()
    assert readme.startswith("Before\n")
    assert readme.endswith("after\n")
    assert report.summary(RECORDS) in readme
    assert "old" not in readme


def test_a_course_without_trials_still_has_a_report(tmp_path: Path) -> None:
    assert "In 0 trials" in written(toy.course(tmp_path), tmp_path)


def test_every_rule_has_its_line_and_its_place_in_the_chart(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    records = {"stuck_toy": [record("slow", Outcome.NOT_YET)] * 4 + [record("reference", Outcome.SOLVED)] * 4}
    errors = report.replayed(course, {lab.name: records.get(lab.name, []) for lab in course.ready})
    lines = report.rules_table(errors).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == [rule.name for rule in report.rules.RULES]
    assert lines[0].split("|")[2].strip() == "0.0 %"
    figure = report.rules_chart(errors)
    labels = {text.get_text() for axis in figure.axes for text in axis.texts}
    plt.close(figure)
    assert {str(number) for number in range(1, len(report.rules.RULES) + 1)} <= labels


def test_the_published_report_is_what_the_records_come_to() -> None:
    """It is not edited by hand, and not older than the records."""
    records = [record for lab in syllabus.load().ready for record in trials.read(lab)]
    assert report.summary(records) in (ROOT / "README.md").read_text()
    assert report.summary(records) in (ROOT / "docs" / "judge.md").read_text()


def scores(record: Record, metric: Metric, index: int) -> list[Score]:
    """What the rule says of one metric in a recorded trial, round by round."""
    rounds = [
        ({side: math.nan if value is None else value for side, value in round["figures"][index].items()}, round)
        for round in record.rounds
    ]
    return [rule.judge(metric, values, bool(round["disturbed"])) for values, round in rounds if "yours" in values]


def test_in_no_trial_a_good_fix_has_lost_two_rounds_plainly() -> None:
    """So that two of them may be enough for *not yet*."""
    for lab in syllabus.load().ready:
        for record in trials.read(lab):
            for index, metric in enumerate(lab.metrics if record.is_good else ()):
                plain = [one for one in scores(record, metric, index) if one.plain and one.ruling is Ruling.LOST]
                assert len(plain) < rule.PLAIN_LEAD, (record.lab, record.candidate, metric.label, plain)


def test_in_no_trial_a_round_was_lost_after_two_that_were_won_plainly() -> None:
    """So that two of them may be enough for *solved*. Older trials went on to a third."""
    thirds = 0
    for lab in syllabus.load().ready:
        for record in trials.read(lab):
            judged = [scores(record, metric, index) for index, metric in enumerate(lab.metrics)]
            if rule.verdict([one[: rule.PLAIN_LEAD] for one in judged], rule.terms(lab)) is Outcome.SOLVED:
                later = [score.ruling for one in judged for score in one[rule.PLAIN_LEAD :]]
                assert Ruling.LOST not in later, (record.lab, record.candidate)
                thirds += bool(later)
    assert thirds > 200
