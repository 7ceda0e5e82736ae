"""A lab in the terminal, in eighty columns, and in plain text where there is no terminal."""

import io
import re
from pathlib import Path

import pytest
import toy
from rich.console import Console
from toy import FAST, FakeBench

from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge import experiment
from perflab.judge.result import Result
from perflab.learner import terminal
from perflab.measure.samples import ProcessUsage, Usage
from perflab.report import messages
from perflab.report.workers import Board

ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    return toy.course(tmp_path)


@pytest.fixture
def lab(course: Syllabus) -> Lab:
    return course.by_name("stuck_toy")


def console(**options: bool) -> Console:
    return Console(file=io.StringIO(), width=80, highlight=False, **options)


def printed(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def session(course: Syllabus, lab: Lab, result: Result, to: Console | None = None) -> str:
    """All that a run prints: the card, each round as it settles, and the end."""
    to = to or console()
    to.print(terminal.card(lab, course))
    on_progress = terminal.Reporter(to)
    rounds, result.rounds = result.rounds, []
    for round in rounds:
        result.rounds.append(round)
        on_progress(result)
    terminal.show(to, result, Path("results/stuck_toy.html"))
    return printed(to)


@pytest.mark.parametrize("way", toy.WAYS)
def test_no_line_is_longer_than_eighty_columns(course: Syllabus, lab: Lab, way: str) -> None:
    lines = session(course, lab, toy.ending(lab, way)).splitlines()
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("failed", [{"slow": 10}, {"slow": 10, "yours": 10}])
def test_no_line_of_several_metrics_is_longer_than_eighty_columns(course: Syllabus, failed) -> None:
    lab = course.by_name("shipped_toy")
    lines = session(course, lab, toy.run(lab, FakeBench(failed=failed, incident_s=1.5))).splitlines()
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("way", toy.WAYS)
def test_what_is_not_a_terminal_gets_no_escape_codes(course: Syllabus, lab: Lab, way: str) -> None:
    assert ESCAPE not in session(course, lab, toy.ending(lab, way))


@pytest.mark.parametrize("way", toy.WAYS)
def test_no_color_is_respected(course: Syllabus, lab: Lab, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert not COLOUR.search(session(course, lab, toy.ending(lab, way), console(force_terminal=True)))


def test_a_terminal_gets_colour(course: Syllabus, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert COLOUR.search(session(course, lab, toy.ending(lab, "solved"), console(force_terminal=True)))


@pytest.mark.parametrize("way", toy.WAYS)
def test_the_end_says_the_outcome_why_and_what_next(course: Syllabus, lab: Lab, way: str) -> None:
    result = toy.ending(lab, way)
    text = session(course, lab, result)
    flat = " ".join(text.split())
    said = messages.explain(result)
    assert str(result.outcome).upper() in text.splitlines()
    for sentence in (said.sentence, f"next {said.next_step}", "page results/stuck_toy.html"):
        assert sentence in flat


def test_the_card_has_place_title_question_and_aim(course: Syllabus, lab: Lab) -> None:
    to = console()
    to.print(terminal.card(lab, course))
    text = printed(to)
    assert [part for part in ("Lab 1 of 3 · See it", lab.title, lab.question, lab.aim) if part not in text] == []


@pytest.mark.parametrize("way", ["wrong", "broken"])
def test_details_are_shown_as_they_are(course: Syllabus, lab: Lab, way: str) -> None:
    result = toy.ending(lab, way)
    text = session(course, lab, result)
    assert [line for line in messages.explain(result).details if line not in text] == []


# Rounds, as they settle.


def lines_of_rounds(lab: Lab, bench: FakeBench) -> list[str]:
    to = console()
    experiment.run(lab, bench, terminal.Reporter(to), seed=1)
    return printed(to).splitlines()


def test_every_round_is_printed_once_under_one_heading(lab: Lab) -> None:
    lines = lines_of_rounds(lab, FakeBench({**FAST, "yours": [1.0, 100.0, 1.0]}))
    assert lines[0].split() == ["slow", "yours", "reference", "gap", "closed"]
    assert [line.split()[:2] for line in lines[1:5]] == [["●", "1"], ["○", "2"], ["●", "3"], ["●", "4"]]
    assert lines[5:] == ["✓ The rounds are won. Some checks follow."]


def test_lost_rounds_are_not_said_to_be_won(lab: Lab) -> None:
    assert [line.split()[0] for line in lines_of_rounds(lab, FakeBench(toy.NO_BETTER))[1:]] == ["○"] * 2


def test_a_round_shows_each_sides_figure_and_the_share_closed(lab: Lab) -> None:
    line = lines_of_rounds(lab, FakeBench({**FAST, "yours": 2.0}))[1]
    assert line.split() == ["●", "1", "p99", "of", "/ping", "100.0", "ms", "2.0", "ms", "1.0", "ms", "84%"]


def test_a_void_round_is_printed_as_void(lab: Lab) -> None:
    lines = lines_of_rounds(lab, FakeBench({"slow": 1.0, "yours": 1.0, "reference": 1.0}))
    assert {(line.split()[0], line.split()[-1]) for line in lines[1:]} == {("–", "void")}


def test_an_untouched_lab_has_rounds_of_two_sides_and_no_share(lab: Lab) -> None:
    lines = lines_of_rounds(lab, FakeBench(overrides=[]))
    assert lines[1].split() == ["1", "p99", "of", "/ping", "100.0", "ms", "1.0", "ms"]


def test_a_round_of_several_metrics_has_a_line_for_each(tmp_path: Path) -> None:
    lines = lines_of_rounds(toy.full_lab(tmp_path), FakeBench(failed={"slow": 10}, incident_s=1.5))
    assert sum("toys lost in a delivery" in line for line in lines) == 2


# Bars and tables.


def bars(lab: Lab, figures: dict[str, float]) -> dict[str, int]:
    """The length of each side's bar, in whole columns."""
    to = console()
    to.print(terminal.bars(toy.run(lab, FakeBench(figures)), lab.metrics[0]))
    return {line.split()[0]: line.count("█") for line in printed(to).splitlines()[1:]}


def test_bars_are_as_long_as_their_figures(lab: Lab) -> None:
    assert bars(lab, {"slow": 100.0, "yours": 50.0, "reference": 10.0}) == {"slow": 46, "yours": 23, "reference": 4}


@pytest.mark.parametrize(("type_name", "said"), [("latency_ms_p99", "less"), ("responses_per_s", "more")])
def test_bars_say_which_way_is_better(lab: Lab, type_name: str, said: str) -> None:
    to = console()
    to.print(terminal.bars(toy.run(lab), toy.metric(type_name)))
    assert f"{said} is better" in printed(to)


def test_a_figure_that_was_not_measured_has_no_bar(lab: Lab) -> None:
    result = toy.run(lab)
    for round in result.rounds:
        round.samples["slow"].until = None
    to = console()
    to.print(terminal.bars(result, toy.metric("rss_mib")))
    (slow,) = (line for line in printed(to).splitlines() if "slow" in line)
    assert "█" not in slow


@pytest.mark.parametrize(("way", "rounds", "heads"), [("solved", "2", 3), ("untouched", "3", 2)])
def test_the_table_says_how_many_rounds_it_is_over(lab: Lab, way: str, rounds: str, heads: int) -> None:
    to = console()
    to.print(terminal.figures(toy.ending(lab, way)))
    first = printed(to).strip().splitlines()[0]
    assert first.split() == [
        "medians",
        "of",
        rounds,
        "rounds",
        *["slow", "yours", "reference"][: heads - 1],
        "reference",
    ]


# Text that could be taken for markup.


@pytest.mark.parametrize("text", ["Run `make lab-01`.", "a [list] of `items[0]`", "[/red] herring", "plain"])
def test_text_comes_out_as_it_went_in(text: str) -> None:
    to = console()
    to.print(terminal.code(text))
    assert printed(to) == f"{text}\n"


@pytest.mark.parametrize("page", ["/home/[old] courses/results/toy.html", "/home/x/[/bold]/toy.html"])
def test_the_page_is_named_in_full_wherever_the_course_is(lab: Lab, page: str) -> None:
    result = toy.ending(lab, "solved")
    to = console()
    to.print(terminal.closing(result, messages.explain(result), Path(page)))
    assert page in printed(to)


def test_a_page_below_the_present_folder_is_named_from_there(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lab.root)
    result = toy.ending(lab, "solved")
    to = console()
    to.print(terminal.closing(result, messages.explain(result), lab.results(".html")))
    assert "page  results/stuck_toy.html\n" in printed(to)


def test_a_console_is_eighty_columns_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in (("200", 80), ("60", 60)):
        monkeypatch.setenv("COLUMNS", columns)
        assert terminal.console().width == width


def test_a_failure_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "There is no lab '99'. The course has labs 1 to 32: `make progress` lists them, one after the other."
    terminal.fail(sentence)
    assert capsys.readouterr() == ("", f"{sentence}\n")


def test_workers_are_a_row_each_below_their_headings() -> None:
    board = Board(limit_mib=150.0)
    used = Usage(0.0, 60.0, (101,), by_process={101: ProcessUsage(1.0, 60.0)})
    board.add(toy.samples([5.0] * 30, before=used, after=used))
    to = console()
    to.print(terminal.workers(board))
    said = printed(to)
    assert "worker" in said and "restarts" in said
    assert re.search(r"0 +101 +0% +60 MiB +30 +0 +0 s", said)
    assert "60 of 150 MiB in all, 30 requests answered, 0 killed for memory" in " ".join(said.split())
