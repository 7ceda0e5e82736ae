"""The test in words, as Markdown: a question, and what a learner reads at the end."""

from pathlib import Path

from perflab.quiz import figures
from perflab.quiz.figures import Unproven
from perflab.quiz.paper import Asked
from perflab.quiz.questions import QuizError
from perflab.quiz.taking import Taking


def fenced(code: str) -> str:
    """Code as a block."""
    return f"```python\n{code.strip()}\n```"


def body(asked: Asked) -> str:
    """What a question asks, without its options."""
    question = asked.question
    return "\n\n".join([question.text.strip(), *([fenced(question.code)] if question.code else [])])


def picture(root: Path, asked: Asked) -> bytes | None:
    """A question's picture, as PNG, if it has one. Raises QuizError where the notebook lacks it."""
    if not asked.question.picture:
        return None
    try:
        return figures.picture(root, asked.question.lab, asked.question.picture)
    except Unproven as error:
        raise QuizError(f"The picture of question {asked.question.id} is missing: {error}.") from None


def described(asked: Asked) -> str:
    """What a question's picture shows, in words; empty where it has none."""
    return asked.question.picture.alt if asked.question.picture else ""


def choices(asked: Asked) -> list[tuple[str, str]]:
    """The options: letter and text."""
    return [
        (letter, "\n\n".join([option.text.strip()] * bool(option.text) + [fenced(option.code)] * bool(option.code)))
        for letter, option in asked.lettered()
    ]


def heading(asked: Asked, number: int, of: int) -> str:
    """A question's number, and its id, which an answer in plain text needs."""
    return f"Question {number} of {of} · `{asked.question.id}`"


def whole(asked: Asked, number: int, of: int) -> str:
    """A question with its options."""
    parts = [f"**{heading(asked, number, of)}**", body(asked)]
    parts += [f"**{letter}**\n\n{text}" if "```" in text else f"**{letter}** {text}" for letter, text in choices(asked)]
    return "\n\n".join(parts)


def review(taking: Taking) -> str:
    """At the end: what was missed, why each wrong answer is wrong, and which labs to look at again.

    Before the test is passed it explains what was chosen, and keeps the keys; afterwards it explains every option.
    Where our answers stand in for the learner's it tells nothing, since anyone may read that.
    """
    asked = len(taking.paper.asked)
    if taking.open and not taking.passed:
        ids = ", ".join(f"`{one.question.id}`" for one in taking.open)
        return f"{len(taking.open)} of {asked} questions are open: {ids}. Answer them, and this says what you missed."
    parts = [f"**{taking.right} of {asked} are right.** {taking.paper.needed} pass."]
    for missed in taking.missed:
        parts.append(f"**`{missed.asked.question.id}`** {missed.asked.question.text.strip()}")
        so_far = _so_far(taking.times_chosen(missed.asked))
        parts.append(f"- You said: {missed.chosen.name}\n- {missed.chosen.comment.strip()}{so_far}")
    if labs := sorted({missed.asked.lab.number for missed in taking.missed}):
        named = {lab.number: lab for lab in taking.course.labs}
        listed = "\n".join(
            f"- Lab {number:02d}, {named[number].title}: `notebooks/{named[number].slug}.ipynb`" for number in labs
        )
        parts.append(f"Look at these labs again:\n\n{listed}")
    if taking.passed and not taking.stand_in:
        parts.append("## Every question, with its key")
        parts += [explained(one, taking.times_chosen(one)) for one in taking.paper.asked]
    return "\n\n".join(parts)


def _so_far(times: dict[str, int]) -> str:
    """A point of a list that says how often each option was chosen; empty before there was a second choice."""
    if sum(times.values()) < 2:
        return ""
    return "\n- So far you have chosen: " + "; ".join(f"{name} ({_times(count)})" for name, count in times.items())


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def explained(asked: Asked, times: dict[str, int]) -> str:
    """A question with a comment on each option, and how often the learner has chosen it."""
    lines = []
    for letter, option in asked.lettered():
        mark = "right" if option.right else "wrong"
        if count := times.get(option.name):
            mark += f", chosen {_times(count)}"
        lines.append(f"- **{letter}, {mark}.** {option.comment.strip()}")
    number = f"**`{asked.question.id}`** (Lab {asked.lab.number:02d})"
    return f"{number} {body(asked)}\n\n" + "\n".join(lines)
