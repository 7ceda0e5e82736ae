"""A lab on one page of paper, for a class: the scene, the slow code, the question, and room to write. No solution."""

import re
from pathlib import Path

from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.slides import builder, decks, prose
from perflab.slides.builder import Group


def html(lab: Lab, course: Syllabus) -> str:
    """Returns a lab's handout as an HTML page that loads nothing. Raises SlidesError if the notebook lacks a cell."""
    notebook = decks.read(lab)
    whole = Group("", lab, "learner", notebook)
    slides = {id: builder.SLIDES[id](whole)[0].body for id in ("scene", "predict", "fix")}
    return decks.template("handout.html.j2").render(
        lab=lab,
        title=prose.inline(lab.title),
        question=prose.inline(lab.question),
        part=course.part_title(lab.part),
        policy=decks.POLICY,
        fonts=decks.fonts(),
        code=re.sub(r"\n{3,}", "\n\n", builder.shown_code(whole)),
        source=builder.slow_source(whole),
        **slides,
    )


def write(lab: Lab, course: Syllabus) -> Path:
    """Writes a lab's handout and returns its path.

    Raises SlidesError if it cannot be made, Unwritable if it cannot be written.
    """
    return decks.replace(decks.folder(course, "learner") / f"{lab.slug}-handout.html", html(lab, course))
