"""The learner's workspace: their files, hints and progress. None of their work is ever lost."""

from pathlib import Path

from rich import box
from rich.table import Table

from perflab import files
from perflab.course import templates
from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.rule import Outcome
from perflab.report import messages, store


def _keep(file: Path) -> Path:
    """Renames a learner's file to a backup whose name is not taken yet, and returns that."""
    number = 1
    while (backup := file.with_name(f"{file.name}.{number}.backup")).exists():
        number += 1
    file.rename(backup)
    return backup


def untouched(lab: Lab) -> bool:
    """Whether the learner's files are as shipped, or missing."""
    return not any(_has_work(lab, name) for name in lab.files)


def _has_work(lab: Lab, name: str) -> bool:
    file = lab.folder / name
    return file.exists() and file.read_bytes() != templates.shipped(lab, name).encode()


def start(lab: Lab) -> str:
    """Writes the slow source into the learner's files unless there is work in them. Returns what to print."""
    if not untouched(lab):
        return (
            f"There is work in {messages.file_names(lab)} already, and it stays. "
            f"`make reset-{lab.number:02d}` brings the shipped file back and keeps yours beside it."
        )
    for file in lab.files:
        (lab.folder / file).write_text(templates.started(lab, file))
    if lab.files == ("gunicorn.conf.py",):  # there is no code in it to change
        return f"{messages.file_names(lab)} sets nothing yet: write there, then run `make lab-{lab.number:02d}`."
    return f"The slow code is in {messages.file_names(lab)} now: change it there, then run `make lab-{lab.number:02d}`."


def reset(lab: Lab) -> str:
    """Writes the shipped files back, and keeps the learner's work beside them. Returns what to print."""
    kept = []
    for name in lab.files:
        file = lab.folder / name
        if _has_work(lab, name):
            kept.append(_keep(file).name)
        file.write_text(templates.shipped(lab, name))
    saying = f" What you had is in {', '.join(kept)} beside it." if kept else ""
    return f"{messages.file_names(lab)} as shipped.{saying}"


def next_hint(lab: Lab) -> str:
    """The next hint, to print; after the last one, the last one again."""
    if not lab.hints:
        return f"Lab {lab.number} has no hints."
    file = lab.results(".hints")
    had = file.read_text() if file.exists() else "0"
    number = min(int(had) + 1 if had.isdecimal() else 1, len(lab.hints))
    files.write(file, str(number))
    after = f"`make hint-{lab.number:02d}` has the next." if number < len(lab.hints) else "That is the last one."
    return f"Hint {number} of {len(lab.hints)}. {lab.hints[number - 1]}\n{after}"


def progress(course: Syllabus) -> Table:
    """The course as a table: a row for each lab, with the outcome of its last run."""
    marks = {Outcome.SOLVED: "[green]● solved[/]", Outcome.NOT_YET: "[yellow]◐ not yet[/]"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "lab", ""):
        table.add_column(heading)
    part = 0
    solved = 0
    for lab in course.labs:
        if lab.part != part:
            part = lab.part
            table.add_row("", f"[bold]{course.parts[part - 1]}[/]", "")
        outcome = store.outcome(lab)
        solved += outcome is Outcome.SOLVED
        if lab.ready:
            row = marks.get(outcome, f"[dim]○ {outcome}[/]") if outcome else "○"
            table.add_row(f"{lab.number:02d}", lab.title, row)
        else:
            table.add_row(f"[dim]{lab.number:02d}[/]", f"[dim]{lab.title}[/]", "[dim]to come[/]")
    table.caption = f"{solved} of {len(course.ready)} labs that are there now are solved"
    table.caption_justify = "left"
    return table
