"""`python -m perflab new` and `check`, as a contributor calls them: what they say, and their exit code."""

import io
import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import exam
import pytest
import sound

from perflab import commands, interrupt, session
from perflab.calibration import trials
from perflab.course import syllabus
from perflab.course.lab import Lab
from perflab.judge.errors import SideError
from perflab.quiz import answers
from perflab.report.workers import Board

NEW = "kite_to_come"
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a sound course."""
    sound.course(tmp_path)
    return tmp_path


@pytest.fixture
def command(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`python -m perflab ...` on that course: its exit code, and what it said."""
    load = syllabus.load

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(root)
        monkeypatch.setattr(commands, "ROOT", root)
        monkeypatch.setattr(syllabus, "load", lambda at=root: load(at))
        monkeypatch.setattr(interrupt, "raised", nullcontext)  # which would take Ctrl-C from pytest
        monkeypatch.setattr(sys, "argv", ["perflab", *arguments])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


def in_one_line(said: str) -> str:
    return " ".join(said.split())


# new


def test_new_names_each_file_that_it_wrote(command: Command, root: Path) -> None:
    code, said = command("new", NEW)
    assert code == 0
    files = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    assert files == [
        f"labs/02_{NEW}/lab.toml",
        f"app/parts/{NEW}.py",
        f"labs/02_{NEW}/locustfile.py",
        f"solutions/02_{NEW}/fix.py",
        f"solutions/02_{NEW}/tempting_first_idea.py",
        f"solutions/02_{NEW}/other_one_way.py",
        f"solutions/02_{NEW}/other_another_way.py",
        f"labs/02_{NEW}/fix.py",
        f"notebooks/02_{NEW}.ipynb",
        "docs/think-on.md",
    ]
    assert all((root / file).is_file() for file in files)
    assert in_one_line(said).endswith(
        "docs/think-on.md Each says TODO where something is to be written. `python -m perflab check` says what is left."
    )


def test_new_says_where_every_file_is_there(command: Command) -> None:
    code, said = command("new", "slow_kite")
    assert (code, in_one_line(said)) == (
        0,
        "Every file of it is there already. `python -m perflab check` says what is left.",
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Kite", "'Kite' is no name for a lab. Use small letters and underscores, such as blocked_loop."),
        ("old_kite", "'old_kite' has no place yet. Add it to 'labs' of a part in labs/course.toml, and try again."),
    ],
)
def test_new_refuses_in_a_sentence(command: Command, name: str, said: str) -> None:
    assert command("new", name) == (2, f"{said}\n")


def test_new_without_a_course_says_what_is_missing(command: Command, root: Path) -> None:
    (root / "labs" / "course.toml").unlink()
    assert command("new", "slow_kite") == (2, f"There is no course at {root}: labs/course.toml is missing.\n")


def test_new_needs_a_name(command: Command) -> None:
    code, said = command("new")
    assert (code, said.splitlines()[-1]) == (
        2,
        "python -m perflab new: error: the following arguments are required: name",
    )


# check


def test_check_is_content_with_a_sound_course(command: Command) -> None:
    code, said = command("check")
    assert code == 0
    assert said == "✓ 01_slow_kite: nothing is missing or out of step.\n"


def test_check_says_each_fault_in_a_line(command: Command, root: Path) -> None:
    (root / "solutions" / "old.txt").write_text("")
    (root / "solutions" / "09_old").mkdir()
    (root / sound.FOLDER / "notes.txt").write_text("")
    assert command("check") == (
        1,
        "  ✗ solutions/09_old: it belongs to no lab. Remove it, or name its lab.\n"
        f"  ✗ {sound.FOLDER}/notes.txt: it is no part of a lab. Remove it, or move it where it belongs.\n",
    )


@pytest.mark.parametrize("number", ["1", "01"])
def test_check_of_a_lab_leaves_out_what_is_between_labs(command: Command, root: Path, number: str) -> None:
    (root / "solutions" / "09_old").mkdir()
    assert command("check", number)[0] == 0
    (root / sound.FOLDER / "notes.txt").write_text("")
    code, said = command("check", number)
    assert (code, said.count("\n")) == (1, 1)
    assert said.startswith(f"  ✗ {sound.FOLDER}/notes.txt: ")


def test_check_of_a_new_lab_says_what_is_left(command: Command) -> None:
    command("new", NEW)
    code, said = command("check", "2")
    assert code == 1
    assert f"  ✗ app/parts/{NEW}.py: it still says TODO. Write what the TODO asks for.\n" in said
    assert said.count("were never run") == 1


def test_check_that_writes_brings_all_into_step(command: Command, root: Path) -> None:
    (root / "labs" / "course.toml").write_text(
        '[[parts]]\ntitle = "In the air"\nlabs = ["kite_to_come", "slow_kite"]\n'
    )
    code, said = command("check")
    assert (code, "`python -m perflab check --write` renames it" in said) == (2, True)
    code, said = command("check", "--write")
    assert [line for line in said.splitlines() if line.startswith("  lab")] == [
        "  lab kite_to_come: 02 is 01 now",
        "  lab slow_kite: 01 is 02 now",
    ]
    assert (code, "  README.md is written again\n" in said) == (0, True)
    assert said.splitlines()[-1].endswith(": nothing is missing or out of step.")
    assert (root / "notebooks" / "02_slow_kite.ipynb").is_file()
    code, said = command("check", "--write")
    assert (code, said.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    ("number", "said"), [("3", "There is no lab '3'."), ("six", "There is no lab 'six'."), ("2", "Lab 2")]
)
def test_check_of_a_lab_that_is_not_there_is_refused(command: Command, number: str, said: str) -> None:
    code, refused = command("check", number)
    assert code == 2
    assert refused.startswith(said)


@pytest.mark.parametrize(("as_expected", "code", "mark"), [(True, 0, "✓"), (False, 1, "✗")])
def test_check_that_measures_judges_each_fix(
    command: Command, monkeypatch: pytest.MonkeyPatch, as_expected: bool, code: int, mark: str
) -> None:
    """Without any load: `verify` is a stand-in."""

    def verify(labs: list[Lab]) -> list[SimpleNamespace]:
        candidate = SimpleNamespace(name="tempting_first_idea")
        return [
            SimpleNamespace(lab=lab, candidate=candidate, outcome="solved", as_expected=as_expected) for lab in labs
        ]

    monkeypatch.setattr(trials, "verify", verify)
    ended, said = command("check", "--measure")
    assert (ended, said.splitlines()[-1]) == (code, f"  {mark} 01_slow_kite, tempting_first_idea: solved")


def test_check_measures_no_lab_without_its_files(command: Command, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Lab] = []
    monkeypatch.setattr(trials, "verify", lambda labs: asked.extend(labs) or [])
    (root / sound.PART).unlink()
    code, said = command("check", "--measure")
    assert (code, asked) == (1, [])
    assert f"{sound.PART}: it is missing." in said


# quiz


@pytest.fixture
def small(command: Command, root: Path) -> Command:
    """The commands, on a course with a quiz of eight questions."""
    shutil.rmtree(root)
    root.mkdir()
    exam.course(root)
    return command


def answered(monkeypatch: pytest.MonkeyPatch, *said: str) -> None:
    """What a learner types, and then the end of the input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in said)))


def test_quiz_saves_each_answer_and_goes_on_where_it_was_left(
    small: Command, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, "a", "x", "b", "", "q")
    code, said = small("quiz")
    assert (code, "has no option 'x'. It has a, b, c." in said) == (0, True)
    assert "6 of 8 questions are open" in said
    assert len(answers.load(root).given) == 2
    answered(monkeypatch, *"aaaaaa")
    code, said = small("quiz")
    assert (code, "Question 3 of 8" in said, "Question 1 of 8" in said) == (0, True, False)
    assert "of 8 are right, and 7 pass" in in_one_line(said)


def test_quiz_begins_again_and_keeps_the_answers(small: Command, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, *"aaaaaaaa")
    small("quiz", "--seed", "7")
    assert answers.load(root).seed == 7
    code, said = small("quiz", "--reset")
    assert (code, said) == (0, "No question is answered. What you had is in answers.toml.1.backup beside it.\n")
    assert answers.load(root).given == {}


@pytest.mark.parametrize("command_line", [("quiz", "--seed", "six"), ("quiz-sheet", "--seed", "six")])
def test_a_seed_that_is_no_number_is_refused(small: Command, root: Path, command_line: tuple[str, ...]) -> None:
    assert small(*command_line) == (2, "A seed is a whole number, such as 7, and not 'six'.\n")
    assert not (root / answers.FILE).exists()


def test_quiz_tells_of_a_damaged_file(small: Command, root: Path) -> None:
    (root / answers.FILE).parent.mkdir()
    (root / answers.FILE).write_text("seed = ")
    code, said = small("quiz")
    assert (code, said.startswith("labs/33_final_quiz/answers.toml is not TOML"), said.count("\n")) == (2, True, 1)
    assert (root / answers.FILE).read_text() == "seed = "


def test_quiz_sheet_writes_a_page_with_keys_or_without_and_for_moodle(small: Command, root: Path) -> None:
    for options, name in (((), "quiz-3.html"), (("--keys",), "quiz-3-keys.html"), (("--moodle",), "quiz-3.moodle.xml")):
        assert small("quiz-sheet", "--seed", "3", *options) == (0, f"Written: results/quiz/{name}\n")
        assert (root / "results" / "quiz" / name).read_text()


def test_check_33_proves_every_key(small: Command, root: Path) -> None:
    assert small("check", "33") == (0, "✓ 12 questions: every key is proven.\n")
    exam.write(root, "kite", *(exam.printing(f"kite_{turn}", 1).replace("1 + 1", "5") for turn in range(3)))
    code, said = small("check", "33")
    assert (code, said.count("the outcome is '5', which no option expects; the key is '2'") > 2) == (1, True)


# watch


def test_watch_needs_a_terminal(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, said = command("watch", "1")
    assert (code, said) == (2, "To watch a lab takes a terminal, for its keys: `make lab-01` judges it once.\n")


# status


class Watched:
    """The workers of a side that was never started: one board after the other, until it is closed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked, self.closed = error, 0, False

    def __iter__(self) -> "Watched":
        return self

    def __next__(self) -> Board:
        if self.error:
            raise self.error
        self.asked += 1
        return Board()

    def close(self) -> None:
        self.closed = True


def test_status_prints_one_table_where_there_is_no_terminal(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    watched, sides = Watched(), []
    monkeypatch.setattr(session, "watch", lambda lab, side: sides.append(side) or watched)
    code, said = command("status", "1", "--side", "slow")
    assert (code, sides, watched.closed) == (0, ["slow"], True)
    assert watched.asked == commands.LOOKS
    assert said.count("PID") == 1


def test_status_of_a_fix_that_does_not_serve_is_one_sentence(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = ["Traceback (most recent call last):", "  toy", "NameError: toy", "[ERROR] ended"]
    watched = Watched(SideError("yours", "It ended with exit code 3 before it could serve.", printed))
    monkeypatch.setattr(session, "watch", lambda lab, side: watched)
    code, said = command("status", "1")
    assert (code, watched.closed) == (2, True)
    assert in_one_line(said) == (
        "Your fix does not serve. It ended with exit code 3 before it could serve. NameError: toy"
    )


def test_ctrl_c_is_the_way_to_end_status(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    monkeypatch.setattr(session, "watch", lambda lab, side: watched)
    monkeypatch.setattr(commands, "islice", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    code, _ = command("status", "1")
    assert (code, watched.closed) == (0, True)
