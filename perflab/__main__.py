"""`python -m perflab COMMAND`: what the `make` targets call."""

import argparse
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from perflab.bench.load_client import LoadError
from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab
from perflab.course.syllabus import Syllabus, SyllabusError
from perflab.learner import terminal
from perflab.report import messages

if TYPE_CHECKING:
    from perflab.slides.builder import Audience


class Refused(Exception):
    """A command that cannot be done as asked: one plain sentence, and the mend."""


def find(course: Syllabus, number: str) -> Lab:
    """The lab that a command names, if it is there to be worked on. Raises Refused."""
    lab = course.by_number(int(number)) if number.isdecimal() else None
    if lab is None:
        raise Refused(
            f"There is no lab {number!r}. The course has labs 4 to {len(course.labs)}: `make progress` lists them."
        )
    if not lab.ready:
        ready = ", ".join(str(one.number) for one in course.ready)
        raise Refused(f"{messages.to_come(lab)} There are now: {ready}.")
    return lab


def run_lab(course: Syllabus, number: str) -> int:
    lab = find(course, number)
    to = terminal.console()
    to.print(terminal.card(lab, course))

    # Imported only now: the card is on the screen while these load.
    from perflab import session

    reporter = terminal.Reporter(to)
    with reporter.running():
        result = session.measure(lab, reporter)
        page = session.record(result, course)
    terminal.show(to, result, page)
    return 0


def at_the_desk(deed: str) -> Callable[[Syllabus, str], int]:
    """A command that does something with a learner's files, and says what."""

    def does(course: Syllabus, number: str) -> int:
        from perflab.learner import workspace

        terminal.console().print(terminal.code(getattr(workspace, deed)(find(course, number))))
        return 0

    return does


def progress(course: Syllabus) -> int:
    from perflab.learner import workspace

    terminal.console().print(workspace.progress(course))
    return 0


def doctor(course: Syllabus) -> int:
    from perflab.learner import doctor

    return doctor.report(terminal.console(), course)


def qualify(course: Syllabus, numbers: list[str], only_write: bool, hours: float) -> int:
    import time

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from perflab.calibration import report, trials
    from perflab.calibration.trials import Due

    to = terminal.console()
    end = time.monotonic() + hours * 3600
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=to) as bar:
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
    from perflab import session

    terminal.console().print(f"Written with fresh outputs: {session.rerun(find(course, number))}")
    return 0


def slides(course: Syllabus, number: str | None, audience: "Audience", run: bool, pdf: bool) -> int:
    labs = [find(course, number)] if number else course.ready
    from perflab.slides import decks
    from perflab.slides.builder import SlidesError

    to = terminal.console()
    faults: list[str] = []
    try:
        with decks.printing() if pdf else nullcontext() as print_pdf:
            for lab in labs:
                try:
                    with to.status(f"[dim]lab {lab.number:02d} ...[/]"):
                        path = decks.write(lab, course, audience, decks.run(lab) if run else None)
                        path = print_pdf(path) if print_pdf else path
                except decks.Unwritable:
                    raise
                except SlidesError as error:
                    faults.append(str(error))  # the others can have their decks all the same
                else:
                    to.print(terminal.here(path))
        index = decks.write_index(course, audience)
        to.print(terminal.code(f"Open {terminal.here(index)} in a browser: `S` there opens the speaker's notes."))
    except SlidesError as error:
        faults.append(str(error))
    for fault in faults:
        terminal.fail(fault)
    return 2 if faults else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m perflab", description="The course's kit, by command.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, does: Callable[..., int], help: str, numbered: bool = True) -> None:
        command = commands.add_parser(name, help=help)
        command.set_defaults(does=does)
        if numbered:
            command.add_argument("number", help="the lab's number, e.g. 06")

    add("lab", run_lab, "measure a lab and judge your fix")
    add("start", at_the_desk("start"), "copy the slow code into your file")
    add("reset", at_the_desk("reset"), "bring your file back as shipped, and keep yours beside it")
    add("hint", at_the_desk("next_hint"), "the next hint")
    add("rerun", rerun, "run a lab's notebook with our fix and save its outputs (for contributors)")
    add("progress", progress, "where you are", numbered=False)
    add("doctor", doctor, "whether this machine is fit to measure on", numbered=False)
    judged = commands.add_parser("qualify", help="how often the judge is wrong: hold trials, and write docs/judge.md")
    judged.set_defaults(does=qualify)
    judged.add_argument("numbers", nargs="*", help="the labs' numbers; all of them unless said")
    judged.add_argument("--hours", type=float, default=24.0, help="stop after so long; the next time it goes on")
    judged.add_argument("--report", dest="only_write", action="store_true", help="hold no trials, only write")
    command = commands.add_parser("slides", help="the notebooks as decks for a projector")
    command.set_defaults(does=slides)
    command.add_argument("number", nargs="?", help="the lab's number; without it, every lab there is")
    command.add_argument("--audience", choices=["instructor", "learner"], default="instructor")
    command.add_argument("--run", action="store_true", help="run the labs first, on this machine")
    command.add_argument("--pdf", action="store_true", help="print them, too")
    options = vars(parser.parse_args())
    does = options.pop("does")
    try:
        sys.exit(does(syllabus.load(), **options))
    except (Refused, SyllabusError, LoadError) as error:
        terminal.fail(str(error))
        sys.exit(2)
    except KeyboardInterrupt:
        terminal.fail("Interrupted. Nothing is left running; what was finished before is as it was.")
        sys.exit(130)


if __name__ == "__main__":
    main()
