"""The commands: one function each. It imports what it needs, does it, and returns the exit code."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import closing, nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from perflab import interrupt
from perflab.bench.load_client import LoadError
from perflab.course import syllabus
from perflab.course.audit import QUIZ
from perflab.course.lab import ROOT, Lab, Side
from perflab.course.syllabus import Syllabus, SyllabusError
from perflab.judge.errors import RequirementMissing, SideError
from perflab.learner import terminal
from perflab.quiz.questions import QuizError
from perflab.report import board, messages
from perflab.report.progress import Standing

if TYPE_CHECKING:
    from perflab.slides.builder import Audience


LOOKS = 3  # at the workers, where there is no terminal to show them on as long as wanted


class Refused(Exception):
    """A command that cannot be done as asked: one plain sentence, and the remedy."""


def find(course: Syllabus, number: str) -> Lab:
    """The lab that a command names. Raises Refused where there is none, or it is still to come."""
    lab = course.by_number(int(number)) if number.isdecimal() else None
    if lab is None:
        raise Refused(
            f"There is no lab {number!r}. The course has labs 1 to {len(course.labs)}: `make progress` lists them."
        )
    if not lab.ready:
        ready = ", ".join(str(one.number) for one in course.ready)
        raise Refused(f"{messages.to_come(lab)} There are now: {ready}.")
    return lab


def run_lab(course: Syllabus, number: str) -> int:
    """Measures a lab, judges the learner's fix, and prints and records the result."""
    lab = find(course, number)
    to = terminal.console()
    to.print(terminal.card(lab, course))

    # Imported only now: the card is on the screen while this loads.
    from perflab import session

    reporter = terminal.Reporter(to)
    page, fault = None, None
    with interrupt.raised(), reporter.running():
        result = session.measure(lab, reporter)
        try:
            page = session.record(result, course)
        except OSError as error:  # the verdict is worth its minute all the same
            fault = error
    terminal.show(to, result, page)
    if fault:
        raise fault
    return 0


def status(course: Syllabus, number: str, side: Side) -> int:
    """Shows the workers of a side under the lab's load: on a terminal once a second until Ctrl-C, else one table."""
    lab = find(course, number)

    from rich.live import Live

    from perflab import session

    to = terminal.console()
    boards = session.watch(lab, side)
    try:
        with interrupt.raised(), closing(boards):
            if not to.is_terminal:
                to.print(terminal.workers(next(islice(boards, LOOKS - 1, None))))
                return 0
            with Live(console=to, auto_refresh=False) as live:
                for board in boards:
                    live.update(terminal.workers(board), refresh=True)
    except SideError as error:
        whose = {"yours": "Your fix", "reference": "Our fix"}.get(error.side, "The slow side")
        said = next((line for line in error.output[1:] if not line.startswith(" ")), "")  # below its traceback
        raise Refused(f"{whose} does not serve. {error.reason} {said}".rstrip()) from None
    except RequirementMissing as missing:
        raise Refused(str(missing)) from None
    except KeyboardInterrupt:  # the way to end it
        pass
    return 0


def watch(course: Syllabus, number: str) -> int:
    """Judges a lab again at each save of the learner's file, until `q`."""
    lab = find(course, number)
    if not sys.stdin.isatty():
        raise Refused(f"To watch a lab takes a terminal, for its keys: `make lab-{lab.number:02d}` judges it once.")
    to = terminal.console()
    to.print(terminal.card(lab, course))

    from perflab.learner import watch

    try:
        return watch.run(to, lab, course)
    except OSError as error:
        raise Refused(f"The lab cannot be watched here. {error}") from None


def in_the_workspace(action: str) -> Callable[[Syllabus, str], int]:
    """The command that calls this function of `perflab.learner.workspace`, and prints what it returns."""

    def does(course: Syllabus, number: str) -> int:
        from perflab.learner import workspace

        terminal.console().print(terminal.code(getattr(workspace, action)(find(course, number))))
        if action == "reset":
            board.write(Standing(course))
        return 0

    return does


def progress(course: Syllabus) -> int:
    """Prints where the learner is in the course, and writes the board, which shows the same."""
    from perflab.learner import workspace

    to = terminal.console()
    standing = Standing(course)
    to.print(workspace.show_progress(standing))
    board.write(standing)
    to.print(f"[dim]board[/] {terminal.here(board.path(course))}", soft_wrap=True)
    return 0


def certificate(course: Syllabus, name: str) -> int:
    """Writes down what is solved. Raises Refused where nothing is."""
    standing = Standing(course)
    if not standing.solved:
        raise Refused("No lab is solved yet, so there is nothing to write down. `make progress` says where you are.")
    to = terminal.console()
    to.print(f"Written: {terminal.here(board.write_certificate(standing, name))}", soft_wrap=True)
    return 0


def jupyter(course: Syllabus, options: list[str]) -> int:
    """Brings the learner's own notebooks up to date, and becomes JupyterLab."""
    from perflab.learner import notebooks

    to = terminal.console()
    for line in notebooks.bring_up_to_date(course.root):
        to.print(terminal.code(line))
    more = [*notebooks.options(course.root), *options]
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", *more], notebooks.environment())


def doctor(course: Syllabus) -> int:
    """Prints whether this machine is fit to measure on. Returns 1 if it has too few cores for some labs."""
    from perflab.learner import doctor

    with interrupt.raised():
        return doctor.report(terminal.console(), course)


def qualify(course: Syllabus, numbers: list[str], only_write: bool, hours: float) -> int:
    """Holds the trials that are due, for so many hours at most, and writes the report."""
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from perflab.calibration import report, trials
    from perflab.calibration.trials import Due

    to = terminal.console()
    end = time.monotonic() + hours * 3600
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with interrupt.raised(), Progress(*columns, console=to) as bar:
        shown = bar.add_task("counting what is due", total=None)

        def go_on(one: Due, left: int) -> bool:
            bar.update(
                shown,
                description=f"lab {one.lab.number:02d}, {one.candidate.name}, {one.condition}",
                completed=(bar.tasks[0].total or left) - left,
                total=bar.tasks[0].total or left,
            )
            return not only_write and time.monotonic() < end

        trials.series([find(course, number) for number in numbers] or course.ready, go_on)
    to.print(f"Written: {report.write(course, ROOT)}")
    return 0


def rerun(course: Syllabus, number: str) -> int:
    """Runs the notebook of a lab, or of the test, with our fix or answers, and saves its outputs."""
    from perflab import session

    of_the_quiz = course.root / "notebooks" / f"{QUIZ}.ipynb"
    with interrupt.raised():
        path = session.rerun(of_the_quiz if number == QUIZ[:2] else find(course, number).notebook)
    terminal.console().print(f"Written with fresh outputs: {path}")
    return 0


def new(name: str) -> int:
    """Lays out the files of a new lab. Raises Refused where that cannot be done."""
    from perflab.course import layout

    to = terminal.console()
    try:
        written = layout.lay_out(ROOT, name)
    except layout.LayoutError as error:
        raise Refused(str(error)) from None
    for path in written:
        to.print(f"  {terminal.here(path)}", soft_wrap=True)
    said = "Each says TODO where something is to be written." if written else "Every file of it is there already."
    to.print(terminal.code(f"{said} `python -m perflab check` says what is left."))
    return 0


def check(numbers: list[str], write: bool, measure: bool) -> int:
    """Prints what is missing in the labs or out of step. Returns 1 if anything is."""
    from perflab.course import audit, references
    from perflab.quiz import questions

    to = terminal.console()
    if write:
        for line in references.write(ROOT, syllabus.load):
            to.print(f"  {line}")
    course = syllabus.load()
    if numbers == [QUIZ[:2]]:
        return check_quiz(course)
    labs = [find(course, number) for number in numbers] or course.ready
    faults = [] if numbers else audit.audit_course(course) + questions.audit(course, questions.load(course))
    faults += [fault for lab in labs for fault in audit.audit(lab)]
    for fault in faults:
        to.print(f"  [red]✗[/] {terminal.code(str(fault))}", soft_wrap=True)
    if not faults:
        which = labs[0].slug if len(labs) == 1 else f"{len(labs)} labs"
        to.print(f"[green]✓[/] {which}: nothing is missing or out of step.")
    complete = [lab for lab in labs if not list(audit.has_its_files(lab))]
    misjudged = verify(complete) if measure else 0
    return 1 if faults or misjudged else 0


def check_quiz(course: Syllabus) -> int:
    """Proves the key of every question, and prints what is wrong. Returns 1 if anything is."""
    from perflab.course.audit import Fault
    from perflab.quiz import proof, questions

    to = terminal.console()
    bank = questions.load(course)
    faults = questions.audit(course, bank)
    with interrupt.raised(), to.status("[dim]proving ...[/]") as status:
        for number, one in enumerate(proof.audit(bank), 1):
            if isinstance(one, Fault):
                faults.append(one)
            else:
                status.update(f"[dim]proving {number} of {len(bank.questions)}: {one.id} ...[/]")
    for fault in faults:
        to.print(f"  [red]✗[/] {terminal.code(str(fault))}", soft_wrap=True)
    if missing := ", ".join(f"{lab.number:02d}" for lab in questions.without(course, bank)):
        to.print(f"Labs without a question yet: {missing}.")
    if not faults:
        to.print(f"[green]✓[/] {len(bank.questions)} questions: every key is proven.")
    return 1 if faults else 0


def verify(labs: list[Lab]) -> int:
    """Judges each fix of some labs, prints the outcomes, and returns how many are not as they must be."""
    from perflab.calibration import trials

    to = terminal.console()
    misjudged = 0
    with interrupt.raised():
        for one in trials.verify(labs):
            misjudged += not one.as_expected
            mark = "[green]✓[/]" if one.as_expected else "[red]✗[/]"
            to.print(f"  {mark} {one.lab.slug}, {one.candidate.name}: {one.outcome}")
    return misjudged


def slides(course: Syllabus, number: str | None, audience: "Audience", run: bool, pdf: bool) -> int:
    """Writes the decks of one lab or of all. Returns 2 if one of them could not be written."""
    labs = [find(course, number)] if number else course.ready
    from perflab.slides import decks
    from perflab.slides.builder import SlidesError

    to = terminal.console()
    faults: list[str] = []
    try:
        with interrupt.raised(), decks.printing() if pdf else nullcontext() as print_pdf:
            for lab in labs:
                try:
                    with to.status(f"[dim]lab {lab.number:02d} ...[/]"):
                        path = decks.write(lab, course, audience, decks.run(lab) if run else None)
                        path = print_pdf(path) if print_pdf else path
                except decks.Unwritable:
                    raise
                except SlidesError as error:
                    faults.append(str(error))  # the other decks can still be written
                else:
                    to.print(terminal.here(path))
        index = decks.write_index(course, audience)
        to.print(terminal.code(f"Open {terminal.here(index)} in a browser: `S` there opens the speaker's notes."))
    except SlidesError as error:
        faults.append(str(error))
    for fault in faults:
        terminal.fail(fault)
    return 2 if faults else 0


def handout(course: Syllabus, number: str) -> int:
    """Writes a lab's handout: one page to print."""
    from perflab.slides import handout
    from perflab.slides.builder import SlidesError

    try:
        path = handout.write(find(course, number), course)
    except SlidesError as error:
        raise Refused(str(error)) from None
    terminal.console().print(
        terminal.code(f"Open {terminal.here(path)} in a browser, and print it: one page."), soft_wrap=True
    )
    return 0


def quiz(course: Syllabus, seed: str | None, reset: bool) -> int:
    """Takes the final knowledge test in the terminal. Returns 0, whether or not it is passed."""
    from perflab.learner import quizmaster
    from perflab.quiz import answers
    from perflab.quiz.taking import Taking

    to = terminal.console()
    if reset:
        kept = answers.reset(course.root)
        to.print(f"No question is answered.{f' What you had is in {kept.name} beside it.' if kept else ''}")
        if seed is None:
            return 0
    quizmaster.take(to, Taking(course, seed))
    return 0


def mystery(course: Syllabus, seed: str | None) -> int:
    """Drives a slow part without its name, and asks for its cause."""
    import secrets

    from perflab.learner import mystery

    with interrupt.raised():
        mystery.investigate(terminal.console(), course, secrets.randbelow(10_000) if seed is None else seed)
    return 0


def quiz_sheet(course: Syllabus, seed: str, keys: bool, moodle: bool) -> int:
    """Writes a set of questions to print, or for Moodle."""
    from perflab.learner import quizmaster
    from perflab.quiz import answers

    path = quizmaster.write_sheet(course, answers.seed_of(seed), keys, moodle)
    terminal.console().print(f"Written: {terminal.here(path)}", soft_wrap=True)
    return 0


def with_course(does: Callable[..., int]) -> Callable[..., int]:
    """The command without its first parameter, the course, which is loaded when it runs."""

    def done(**options: Any) -> int:
        return does(syllabus.load(), **options)

    return done


def parser() -> argparse.ArgumentParser:
    """The parser of every command and its options."""
    made = argparse.ArgumentParser(prog="python -m perflab", description="The course's kit, by command.")
    commands = made.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, does: Callable[..., int], help: str, numbered: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help)
        command.set_defaults(does=does)
        if numbered:
            command.add_argument("number", help="the lab's number, e.g. 06")
        return command

    add("lab", with_course(run_lab), "measure a lab and judge your fix", numbered=True)
    watched = add("status", with_course(status), "the workers of your fix under load, until Ctrl-C", numbered=True)
    watched.add_argument("--side", choices=get_args(Side), default="yours", help="whose workers; yours unless said")
    add("watch", with_course(watch), "judge your fix again at each save, until `q`", numbered=True)
    add("start", with_course(in_the_workspace("start")), "copy the slow code into your file", numbered=True)
    add(
        "reset",
        with_course(in_the_workspace("reset")),
        "file and notebook as shipped; yours are kept beside them",
        numbered=True,
    )
    add("hint", with_course(in_the_workspace("next_hint")), "the next hint", numbered=True)
    add("rerun", with_course(rerun), "run a lab's notebook with our fix, and save its outputs", numbered=True)
    add("progress", with_course(progress), "where you are")
    written = add("certificate", with_course(certificate), "a page with the labs you have solved")
    written.add_argument("--name", default="", help="whose it is, e.g. 'Ada Lovelace'")
    lab = add("jupyter", with_course(jupyter), "JupyterLab on your own notebooks")
    lab.add_argument("options", nargs="*", help="of JupyterLab, after --: e.g. -- --no-browser --port=8899")
    add("doctor", with_course(doctor), "whether this machine is fit to measure on")
    judged = add("qualify", with_course(qualify), "how often the judge is wrong: hold trials, and write docs/judge.md")
    judged.add_argument("numbers", nargs="*", help="the labs' numbers; all of them unless said")
    judged.add_argument("--hours", type=float, default=24.0, help="stop after so long; the next time it goes on")
    judged.add_argument("--report", dest="only_write", action="store_true", help="hold no trials, only write")
    deck = add("slides", with_course(slides), "the notebooks as decks for a projector")
    deck.add_argument("number", nargs="?", help="the lab's number; without it, every lab there is")
    deck.add_argument("--audience", choices=["instructor", "learner"], default="instructor")
    deck.add_argument("--run", action="store_true", help="run the labs first, on this machine")
    deck.add_argument("--pdf", action="store_true", help="print them, too")
    add("handout", with_course(handout), "a lab on one page to print, without our fix", numbered=True)
    test = add("quiz", with_course(quiz), "the final knowledge test")
    test.add_argument("--seed", help="another set of questions, e.g. 7")
    test.add_argument("--reset", action="store_true", help="begin again; the answers are kept beside the new ones")
    printed = add("quiz-sheet", with_course(quiz_sheet), "a set of its questions to print (for instructors)")
    printed.add_argument("--seed", default="1", help="which set, e.g. 7")
    printed.add_argument("--keys", action="store_true", help="with the keys, and a comment on every option")
    printed.add_argument("--moodle", action="store_true", help="as Moodle's XML instead, with the keys")
    unnamed = add("mystery", with_course(mystery), "the practical half of the test: a slow part without its name")
    unnamed.add_argument("--seed", help="which one, e.g. 7; any unless said")
    laid = add("new", new, "lay out a lab that labs/course.toml names (for contributors)")
    laid.add_argument("name", help="the lab's name, e.g. unbounded_cache")
    checked = add("check", check, "what is missing in the labs, or out of step (for contributors)")
    checked.add_argument("numbers", nargs="*", help="the labs' numbers; all of them unless said")
    checked.add_argument("--write", action="store_true", help="bring numbers, links and the map into step first")
    checked.add_argument("--measure", action="store_true", help="judge every fix of these labs, too: minutes each")
    return made


def main() -> None:
    """Runs one command, and exits with its code."""
    options = vars(parser().parse_args())
    does = options.pop("does")
    try:
        sys.exit(does(**options))
    except OSError as error:
        if not error.filename:
            raise
        where = terminal.here(Path(os.fsdecode(error.filename)))
        terminal.fail(
            f"{where} cannot be read or written: {error.strerror}. Make its folder one that you may write to."
        )
        sys.exit(2)
    except (Refused, SyllabusError, QuizError, LoadError) as error:
        terminal.fail(str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        terminal.fail(interrupt.SENTENCE)
        sys.exit(interrupt.EXIT_CODE)
