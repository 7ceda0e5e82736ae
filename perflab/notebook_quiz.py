"""What the notebook of the final knowledge test calls. Each method is one cell.

With a mouse there are buttons. Without one, and under nbval, the same questions are plain text, and
`quiz.answer("id", "b")` answers one.
"""

import html
import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import ipywidgets as widgets
import mistune
from IPython.display import HTML, Image, Markdown, display

from perflab.course import syllabus
from perflab.learner import mystery
from perflab.notebook import QUIET_VARIABLE, show
from perflab.quiz import wording
from perflab.quiz.paper import Asked
from perflab.quiz.questions import TITLE, QuizError
from perflab.quiz.taking import Taking
from perflab.session import reference_stands_in

__all__ = ["Mystery", "Quiz"]


class Quiz:
    """The test, in its notebook. What a learner cannot do is said in a sentence, without a traceback."""

    def __init__(self, seed: object = None) -> None:
        self._course = syllabus.load()
        self._taking: Taking | None = None
        with _sentences():
            self._taking = Taking(self._course, seed, reference_stands_in())

    def card(self) -> None:
        """Prints how long the test is, and what passes it."""
        if taking := self._there():
            asked = taking.paper.asked
            parts = len({one.lab.part for one in asked})
            print(f"{TITLE}: {len(asked)} questions from {parts} parts of the course")
            print(f"Passed    with {taking.paper.needed} right answers")
            print("Answers   in labs/33_final_quiz/answers.toml, where they stay when the page is closed")
            if taking.strays:
                print(f"Left out  answers to what is not asked, which stay in the file: {', '.join(taking.strays)}")

    def part(self, number: int) -> None:
        """Shows the questions of one part of the course, with buttons."""
        if (asked := self._part(number)) is None:
            return
        if os.environ.get(QUIET_VARIABLE) or reference_stands_in():
            self.text(number)
        else:
            display(_Pages(self, asked).box)

    def text(self, number: int) -> None:
        """Shows the questions of one part as text. `answer` answers them."""
        for one in self._part(number) or []:
            display(Markdown(wording.whole(one, *self._place(one))))
            if picture := wording.picture(self._course.root, one):
                display(Image(picture, alt=wording.described(one)))

    def answer(self, id: str, answer: str) -> None:
        """Saves an answer: the id of a question, and the letter of an option."""
        if taking := self._there():
            with _sentences():
                taking.answer(id, answer)
                print(f"Saved. {len(taking.open)} of {len(taking.paper.asked)} questions are open.")

    def verify(self) -> None:
        """Prints whether the test is passed. This is what `make grade` compares."""
        if taking := self._there():
            print(taking.outcome())

    def review(self) -> Markdown | None:
        """What was missed and why, and which labs to look at again."""
        taking = self._there()
        return Markdown(wording.review(taking)) if taking else None

    def _there(self) -> Taking | None:
        if self._taking is None:
            print("The test could not be read. Correct what the first cell says, and run that cell again.")
        else:
            with _sentences():
                self._taking.refresh()
        return self._taking

    def _part(self, number: int) -> list[Asked] | None:
        taking = self._there()
        with _sentences():
            return taking.paper.part(number) if taking else None
        return None

    def _place(self, one: Asked) -> tuple[int, int]:
        assert self._taking
        asked = self._taking.paper.asked
        return asked.index(one) + 1, len(asked)


class Mystery:
    """The practical half, in the notebook: an unnamed fault under its own traffic. The seed chooses which."""

    def __init__(self, seed: object) -> None:
        self._course = syllabus.load()
        self._mystery: mystery.Mystery | None = None
        with _sentences():
            self._mystery = mystery.Mystery(self._course, seed)

    def drive(self) -> None:
        """Drives the part for a round."""
        if self._mystery:
            with _sentences():
                self._mystery.drive()

    def see(self) -> None:
        """Shows what an engineer would have: the requests, the figures and the charts."""
        if self._mystery:
            with _sentences():
                headings = ["request", "sent", "p50 in ms", "p99 in ms", "failed"]
                display(HTML(_table("The requests of the round", headings, self._mystery.requests())))
                display(HTML(_table("What was measured", ["figure", "measured"], self._mystery.figures())))
                for figure in self._mystery.pictures():
                    show(figure)

    def flame(self) -> None:
        """Shows a flame graph of a round of its own."""
        if self._mystery:
            with _sentences():
                show(self._mystery.flame())

    def suspects(self) -> None:
        """Prints the causes and the figures to choose from."""
        if self._mystery:
            for heading, options in (("cause", self._mystery.causes), ("figure", self._mystery.proofs)):
                print(f"{heading}:")
                for letter, text in options.items():
                    print(f"  {letter}  {text}")

    def answer(self, cause: str, figure: str) -> None:
        """Prints whether that is the cause, and the figure that proves it."""
        if self._mystery:
            with _sentences():
                print(self._mystery.solve(cause, figure))


@contextmanager
def _sentences() -> Iterator[None]:
    """Prints what cannot be done as the sentence that it is, without a traceback."""
    try:
        yield
    except QuizError as error:
        print(error)


def _table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f'<th scope="col">{one}</th>' for one in headings)
    body = ""
    for name, *others in rows:
        said = "".join(f"<td>{html.escape(one)}</td>" for one in others)
        body += f'<tr><th scope="row">{html.escape(name)}</th>{said}</tr>'
    return f"<table><caption>{caption}</caption><tr>{cells}</tr>{body}</table>"


class _Pages:
    """Some questions, one at a time: a button for each option, and two to turn the page."""

    def __init__(self, quiz: Quiz, asked: list[Asked]) -> None:
        self._quiz, self._asked, self._at = quiz, asked, 0
        self.box = widgets.VBox()
        self._show()

    def _show(self, said: str = "") -> None:
        one = self._asked[self._at]
        taking = self._quiz._taking
        assert taking
        chosen = taking.chosen(one)
        number, of = self._quiz._place(one)
        rows = [_html(f"**{wording.heading(one, number, of)}**\n\n{wording.body(one)}")]
        if picture := wording.picture(taking.course.root, one):
            rows.append(_image(picture, wording.described(one)))
        for (letter, text), option in zip(wording.choices(one), one.options, strict=True):
            button = widgets.Button(
                description=letter,
                tooltip=f"Answer {letter}",
                button_style="info" if option is chosen else "",
                layout=widgets.Layout(width="3em"),
            )
            button.on_click(self._answers(one, letter))
            rows.append(widgets.HBox([button, _html(text)], layout=widgets.Layout(align_items="center")))
        back, on = widgets.Button(description="back"), widgets.Button(description="next")
        back.disabled, on.disabled = self._at == 0, self._at == len(self._asked) - 1
        back.on_click(self._turns(-1))
        on.on_click(self._turns(+1))
        state = said or ("Your answer is saved." if chosen else "Not answered yet.")
        self.box.children = [*rows, widgets.HBox([back, on, widgets.Label(state)])]

    def _answers(self, one: Asked, letter: str) -> Callable[[object], None]:
        def does(button: object) -> None:
            assert self._quiz._taking
            try:
                self._quiz._taking.answer(one.question.id, letter)
                self._show()
            except QuizError as error:
                self._show(str(error))

        return does

    def _turns(self, step: int) -> Callable[[object], None]:
        def does(button: object) -> None:
            self._at += step
            self._show()

        return does


def _html(markdown: str) -> widgets.HTML:
    return widgets.HTML(str(mistune.html(markdown)))


def _image(png: bytes, alt: str) -> widgets.HTML:
    data = b64encode(png).decode()
    return widgets.HTML(f'<img alt="{html.escape(alt)}" style="max-width:100%" src="data:image/png;base64,{data}">')
