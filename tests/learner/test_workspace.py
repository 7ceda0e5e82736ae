"""The learner's workspace: none of their work is ever lost."""

import io
from pathlib import Path

import pytest
import toy
from rich.console import Console
from toy import NO_BETTER, FakeBench

from perflab import files
from perflab.course import templates
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.learner import workspace
from perflab.report import progress as kept
from perflab.report import store
from perflab.report.progress import Standing

WORK = '"""My own idea."""\n'


def texts(lab: Lab) -> dict[str, str]:
    """The learner's files and their backups, by name."""
    return {
        path.name: path.read_text() for path in lab.folder.iterdir() if path.name not in ("lab.toml", "locustfile.py")
    }


# Start.


def test_a_lab_as_shipped_is_untouched(full_lab: Lab) -> None:
    assert workspace.untouched(full_lab)


@pytest.mark.parametrize("file", ["fix.py", "gunicorn.conf.py"])
def test_work_in_any_of_its_files_touches_a_lab(full_lab: Lab, file: str) -> None:
    (full_lab.folder / file).write_text(WORK)
    assert not workspace.untouched(full_lab)


def test_start_writes_the_slow_source_into_the_learners_file(lab: Lab) -> None:
    said = workspace.start(lab)
    assert texts(lab) == {"fix.py": toy.SLOW_PART}
    assert said == "The slow code is in labs/01_stuck_toy/fix.py now: change it there, then run `make lab-01`."


def test_start_leaves_files_without_slow_source_as_shipped(full_lab: Lab) -> None:
    workspace.start(full_lab)
    assert texts(full_lab) == {
        "fix.py": toy.SLOW_PART,
        "gunicorn.conf.py": templates.shipped(full_lab, "gunicorn.conf.py"),
    }


def test_start_promises_no_code_where_there_is_none(full_lab: Lab) -> None:
    said = workspace.start(full_lab.model_copy(update={"files": ("gunicorn.conf.py",)}))
    assert said.endswith("gunicorn.conf.py sets nothing yet: write there, then run `make lab-03`.")


@pytest.mark.parametrize("file", ["fix.py", "gunicorn.conf.py"])
def test_start_changes_nothing_when_there_is_work(full_lab: Lab, file: str) -> None:
    (full_lab.folder / file).write_text(WORK)
    before = texts(full_lab)
    said = workspace.start(full_lab)
    assert texts(full_lab) == before
    assert said.startswith("There is work in ")
    assert "`make reset-03`" in said


def test_start_a_second_time_changes_nothing(lab: Lab) -> None:
    workspace.start(lab)
    workspace.start(lab)
    assert texts(lab) == {"fix.py": toy.SLOW_PART}


def test_a_missing_file_is_not_taken_for_work(lab: Lab) -> None:
    (lab.folder / "fix.py").unlink()
    workspace.start(lab)
    assert texts(lab) == {"fix.py": toy.SLOW_PART}


def test_start_names_the_file_that_the_lab_is_about(full_lab: Lab) -> None:
    said = workspace.start(full_lab.model_copy(update={"files": ("gunicorn.conf.py",)}))
    assert "gunicorn.conf.py" in said
    assert "fix.py" not in said


# Reset.


def test_reset_restores_the_shipped_file_and_backs_up_the_learners(lab: Lab) -> None:
    (lab.folder / "fix.py").write_text(WORK)
    said = workspace.reset(lab)
    assert texts(lab) == {"fix.py": templates.shipped(lab, "fix.py"), "fix.py.1.backup": WORK}
    assert said == ("labs/01_stuck_toy/fix.py as shipped. What you had is kept: labs/01_stuck_toy/fix.py.1.backup.")


def test_every_reset_makes_a_backup_of_its_own(lab: Lab) -> None:
    for number in (1, 2, 3):
        (lab.folder / "fix.py").write_text(f"{number}\n")
        workspace.reset(lab)
    backups = {f"fix.py.{number}.backup": f"{number}\n" for number in (1, 2, 3)}
    assert texts(lab) == {"fix.py": templates.shipped(lab, "fix.py"), **backups}


def test_a_backup_never_replaces_another(lab: Lab) -> None:
    for name in ("fix.py.1.backup", "fix.py.3.backup"):
        (lab.folder / name).write_text("kept\n")
    (lab.folder / "fix.py").write_text(WORK)
    workspace.reset(lab)
    assert texts(lab) == {
        "fix.py": templates.shipped(lab, "fix.py"),
        "fix.py.1.backup": "kept\n",
        "fix.py.2.backup": WORK,
        "fix.py.3.backup": "kept\n",
    }


def test_reset_of_a_lab_as_shipped_backs_up_nothing(lab: Lab) -> None:
    assert workspace.reset(lab) == "labs/01_stuck_toy/fix.py as shipped."
    assert texts(lab) == {"fix.py": templates.shipped(lab, "fix.py")}


def test_reset_backs_up_only_the_files_with_work_in_them(full_lab: Lab) -> None:
    (full_lab.folder / "gunicorn.conf.py").write_text(WORK)
    workspace.reset(full_lab)
    assert set(texts(full_lab)) == {"fix.py", "gunicorn.conf.py", "gunicorn.conf.py.1.backup"}


def test_reset_restores_a_missing_file(lab: Lab) -> None:
    (lab.folder / "fix.py").unlink()
    workspace.reset(lab)
    assert texts(lab) == {"fix.py": templates.shipped(lab, "fix.py")}


def test_reset_backs_up_a_file_in_any_encoding_byte_for_byte(lab: Lab) -> None:
    (lab.folder / "fix.py").write_bytes(b"# caf\xe9\n")
    workspace.reset(lab)
    assert (lab.folder / "fix.py.1.backup").read_bytes() == b"# caf\xe9\n"
    assert (lab.folder / "fix.py").read_text() == templates.shipped(lab, "fix.py")


def test_after_a_reset_the_lab_can_be_started_again(lab: Lab) -> None:
    workspace.start(lab)
    workspace.reset(lab)
    workspace.start(lab)
    assert texts(lab) == {"fix.py": toy.SLOW_PART, "fix.py.1.backup": toy.SLOW_PART}


# Hints.


def test_hints_climb_and_stop_at_the_last(lab: Lab) -> None:
    assert [workspace.next_hint(lab) for _ in range(5)] == [
        "Hint 1 of 3. What stands still?\n`make hint-01` has the next.",
        "Hint 2 of 3. Who could wait for it instead?\n`make hint-01` has the next.",
        *["Hint 3 of 3. Use the other toy.\nThat is the last one."] * 3,
    ]


def test_each_lab_has_its_own_place_in_its_hints(lab: Lab, full_lab: Lab) -> None:
    workspace.next_hint(lab)
    assert workspace.next_hint(full_lab).startswith("Hint 1 of 2.")


def test_a_course_with_fewer_hints_than_it_had_gives_its_last(lab: Lab) -> None:
    for _ in range(3):
        workspace.next_hint(lab)
    assert workspace.next_hint(lab.model_copy(update={"hints": lab.hints[:2]})).startswith("Hint 2 of 2.")


@pytest.mark.parametrize("unreadable", ["", "{"], ids=["empty", "cut short"])
def test_a_count_of_hints_that_cannot_be_read_starts_at_the_first(lab: Lab, unreadable: str) -> None:
    files.write(lab.results(".hints.json"), unreadable)
    assert workspace.next_hint(lab).startswith("Hint 1 of 3.")


def test_a_lab_without_hints_says_so(lab: Lab) -> None:
    assert "no hint" in workspace.next_hint(lab.model_copy(update={"hints": ()})).lower()


# Progress.


def progress(course: Syllabus) -> list[str]:
    to = io.StringIO()
    Console(file=to, width=80).print(workspace.show_progress(Standing(course)))
    return [line.strip() for line in to.getvalue().splitlines() if line.strip()]


def row(course: Syllabus, title: str) -> str:
    """A lab's row in the table, which comes before what to do next."""
    return next(line for line in progress(course) if title in line)


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    return toy.course(tmp_path)


def test_progress_lists_the_course_part_by_part(course: Syllabus) -> None:
    lines = "\n".join(progress(course))
    places = [lines.index(text) for text in ("See it", "01", "02", "Ship it", "03")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("bench", "mark"),
    [
        (FakeBench(), "● solved"),
        (FakeBench(NO_BETTER), "◐ not yet"),
        (FakeBench(overrides=[]), "○ untouched"),
        (FakeBench(bodies={("visit", "yours"): "other"}), "○ wrong"),
    ],
)
def test_progress_shows_how_each_lab_last_ended(course: Syllabus, bench: FakeBench, mark: str) -> None:
    kept.note_run(toy.run(course.by_name("stuck_toy"), bench))
    assert mark in row(course, "stood still")


def test_a_lab_never_run_is_open_and_one_still_to_come_says_so(course: Syllabus) -> None:
    assert row(course, "stood still").endswith("○")
    assert row(course, "nobody has made yet").endswith("to come")


@pytest.mark.parametrize(("names", "solved"), [([], 0), (["stuck_toy"], 1)])
def test_progress_counts_what_is_solved(course: Syllabus, names: list[str], solved: int) -> None:
    for name in names:
        kept.note_run(toy.run(course.by_name(name)))
    assert f"{solved} of 2 labs that are there now are solved." in progress(course)


def test_progress_of_an_earlier_version_is_taken_from_the_record(course: Syllabus) -> None:
    store.save(toy.run(course.by_name("stuck_toy")))
    assert "● solved" in row(course, "stood still")


def test_reset_takes_solved_back_and_keeps_the_prediction(course: Syllabus) -> None:
    lab = course.by_name("stuck_toy")
    kept.note_prediction(lab, 10, 100)
    kept.note_run(toy.run(lab))
    store.save(toy.run(lab))
    assert "counts as open again" in workspace.reset(lab)
    assert "solved" not in row(course, "stood still")
    assert row(course, "stood still").endswith("10× low")
    assert "counts as open" not in workspace.reset(lab)


def test_progress_says_what_to_do_next(course: Syllabus) -> None:
    assert "Begin lab 01" in " ".join(progress(course))
    kept.note_run(toy.run(course.by_name("shipped_toy"), FakeBench(toy.HALFWAY, failed={"slow": 9, "yours": 9})))
    assert "Go on with lab 03, The toy in the post. Your best fix closes nothing" in " ".join(progress(course))
    for name in ("stuck_toy", "shipped_toy"):
        kept.note_run(toy.run(course.by_name(name), FakeBench(failed={"slow": 9})))
    assert "make certificate" in " ".join(progress(course))
