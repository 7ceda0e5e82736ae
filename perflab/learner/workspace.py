"""The learner's workspace: their files, hints and progress. None of their work is ever lost."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from perflab import files
from perflab.course import templates
from perflab.course.lab import Lab
from perflab.judge.rule import Outcome
from perflab.learner import notebooks, terminal
from perflab.report import messages, progress
from perflab.report.progress import Standing


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
    """Writes the shipped files back, keeps the learner's work beside them, and takes *solved* back.

    Returns what to print.
    """
    kept = []
    for name in lab.files:
        file = lab.folder / name
        if _has_work(lab, name):
            kept.append(f"labs/{lab.slug}/{files.put_aside(file).name}")
        file.write_text(templates.shipped(lab, name))
    if backup := notebooks.renew(lab.root, lab.notebook):
        kept.append(f"{notebooks.FOLDER}/{backup.name}")
    saying = f" What you had is kept: {', '.join(kept)}." if kept else ""
    if progress.forget(lab):
        saying += " The lab counts as open again; your prediction and the hints you have read are kept."
    return f"{messages.file_names(lab)} as shipped.{saying}"


def next_hint(lab: Lab) -> str:
    """The next hint, to print; after the last one, the last one again."""
    if not lab.hints:
        return f"Lab {lab.number} has no hints."
    number = min(progress.hints_had(lab) + 1, len(lab.hints))
    progress.note_hint(lab, number)
    after = f"`make hint-{lab.number:02d}` has the next." if number < len(lab.hints) else "That is the last one."
    return f"Hint {number} of {len(lab.hints)}. {lab.hints[number - 1]}\n{after}"


def show_progress(standing: Standing) -> RenderableType:
    """The course as a table, a row for each lab; then how good the predictions were, and what to do next."""
    marks = {Outcome.SOLVED: "[green]● solved[/]", Outcome.NOT_YET: "[yellow]◐ not yet[/]"}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    for heading in ("", "lab", "", "best", "stars", "predicted"):
        table.add_column(heading, justify="right" if heading == "best" else "left")
    part = 0
    for lab, one in standing.labs:
        if lab.part != part:
            part = lab.part
            table.add_row("", f"[bold]{standing.course.parts[part - 1]}[/]")
        number = f"{lab.number:02d}"
        if not lab.ready:
            table.add_row(f"[dim]{number}[/]", f"[dim]{lab.title}[/]", "[dim]to come[/]")
            continue
        state = marks.get(one.state, "○" if one.state == "open" else f"[dim]○ {one.state}[/]")  # type: ignore[call-overload]
        best = "" if one.best is None else messages.share(one.best)
        stars = "".join("★" if earned else "☆" for earned in one.stars) if any(one.stars) else ""
        table.add_row(number, lab.title, state, best, stars, one.prediction.in_short() if one.prediction else "")
    lines = [
        f"{standing.count()}.",
        f"Final knowledge test: {terminal.code(standing.test.state.rstrip('.'))}.",
        standing.calibration(),
    ]
    return Group(table, *lines, f"[bold]next[/]  {terminal.code(standing.next_step())}")
