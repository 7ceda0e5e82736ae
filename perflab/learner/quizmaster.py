"""The final knowledge test in the terminal: a question at a time, and every answer saved at once."""

from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from perflab import files
from perflab.course.syllabus import Syllabus
from perflab.learner import terminal
from perflab.quiz import questions, sheet, wording
from perflab.quiz.paper import Asked, draw
from perflab.quiz.questions import QuizError
from perflab.quiz.taking import Taking

HELP = "A letter answers, Enter leaves the question open, `q` ends: every answer is saved."


def take(to: Console, taking: Taking) -> None:
    """Asks what is open, until all is answered or the learner ends; then says how it went."""
    asked = taking.paper.asked
    to.print(
        terminal.code(
            f"Seed {taking.paper.seed}: {len(asked)} questions, {taking.paper.needed} right answers pass. {HELP}"
        )
    )
    if taking.strays:
        names = ", ".join(taking.strays)
        to.print(terminal.code(f"Answers that count nothing in this set, and stay in the file: {names}."))
    for one in taking.open:
        to.print()
        to.print(Markdown(wording.whole(one, asked.index(one) + 1, len(asked))))
        _mention_picture(to, taking.course, one)
        if not _answered(to, taking, one):
            break
    to.print()
    to.print(taking.outcome())
    to.print(Markdown(wording.review(taking)))


def _answered(to: Console, taking: Taking, one: Asked) -> bool:
    """Reads an answer, again while it is none of the letters. Returns whether to go on."""
    while True:
        try:
            said = to.input("[bold]> [/]").strip()
        except EOFError:
            return False
        if said.lower() in ("q", "quit"):
            return False
        if not said:
            return True
        try:
            taking.answer(one.question.id, said)
        except QuizError as error:
            to.print(terminal.code(str(error)))
        else:
            return True


def _mention_picture(to: Console, course: Syllabus, one: Asked) -> None:
    """A terminal shows no picture: it is written to a file without a lab's name, and described."""
    if picture := wording.picture(course.root, one):
        path = course.root / "results" / "quiz" / f"{one.question.id}.png"
        files.write(path, picture)
        to.print(terminal.code(f"The picture is {terminal.here(path)}. It shows: {wording.described(one)}"))


def write_sheet(course: Syllabus, seed: int, keys: bool, moodle: bool) -> Path:
    """Writes a set as a page to print, or for Moodle, and returns where. Raises QuizError."""
    paper = draw(course, questions.load(course), seed)
    name = f"quiz-{seed}.moodle.xml" if moodle else f"quiz-{seed}{'-keys' if keys else ''}.html"
    text = sheet.moodle(course.root, paper) if moodle else sheet.page(course.root, paper, keys)
    path = course.root / "results" / "quiz" / name
    files.write(path, text)
    return path
