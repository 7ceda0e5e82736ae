"""What stands on a slide: digests of prose, marked code, and every cell in its place."""

import re
from functools import cache
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from printing import distinctive

from perflab.course import syllabus
from perflab.course.lab import Lab
from perflab.slides import builder, decks, listing, prose
from perflab.slides.builder import Audience, SlidesError
from perflab.slides.listing import COLUMNS, Listing

COURSE = syllabus.load()
LAB = COURSE.by_name("blocked_loop")


def made(lab: Lab, audience: Audience = "instructor", notebook: NotebookNode | None = None) -> list[dict[str, str]]:
    """A lab's deck as slides, each with its kind, its HTML and its notes."""
    if notebook is None:
        return of_the_course(lab.name, audience)
    cells = builder.build(notebook, lab, audience).cells
    return [
        dict(slide.metadata.deck, notes=notes.metadata.deck.html)
        for slide, notes in zip(*[iter(cells)] * 2, strict=True)
    ]


@cache
def of_the_course(name: str, audience: Audience) -> list[dict[str, str]]:
    lab = COURSE.by_name(name)
    return made(lab, audience, decks.read(lab))


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# Prose in short.


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("It is slow. Why? Nobody knows.", ["It is slow.", "Why?", "Nobody knows."]),
        (
            '"My route is fine. It is," says Jonas. Then he goes.',
            ['"My route is fine. It is," says Jonas.', "Then he goes."],
        ),
        ("A mail: *It broke.* Nobody saw it.", ["A mail: *It broke.*", "Nobody saw it."]),
        (
            "It takes 0.3 to 0.5 seconds, **not more.** It\nends.",
            ["It takes 0.3 to 0.5 seconds, **not more.**", "It ends."],
        ),
        ("Call `os._exit`. Done", ["Call `os._exit`.", "Done"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_pauses(block: str, found: list[str]) -> None:
    assert prose.sentences(block) == found


def test_a_short_opening_takes_the_next_sentence_with_it() -> None:
    block = 'Mira knows. "It sticks," she says. Once a second it tidies up.'
    assert prose.opening(block) == "Mira knows."
    assert prose.opening(block, 5) == 'Mira knows. "It sticks," she says.'
    assert prose.opening(block, 5, without='"It sticks," she says.') == "Mira knows. Once a second it tidies up."


def test_a_bold_label_brings_the_sentence_that_explains_it() -> None:
    assert prose.key_sentence("**One.** A process has one core. More follows.") == "**One.** A process has one core."
    assert prose.key_sentence("First this. Then it gets **none**. More.") == "Then it gets **none**."
    assert prose.key_sentence("Nothing bold.") == ""


def test_the_question_is_found_in_its_paragraph() -> None:
    assert prose.around_bold("Given this, **p99**. **How long?** Guess.") == (
        "Given this, **p99**.",
        "How long?",
        "Guess.",
    )
    assert prose.around_bold("So it is. **Because of one.** Fork.") == ("So it is.", "Because of one.", "Fork.")


def test_quotation_marks_are_those_of_print_and_code_keeps_its_own() -> None:
    assert prose.inline('"It\'s `f"x"`," he says') == "“It’s <code>f&quot;x&quot;</code>,” he says"


def test_of_a_link_only_its_text_is_shown() -> None:
    assert (
        prose.inline("As in [Lab 02](02_sync_io.ipynb), `<a href>` is.")
        == "As in Lab 02, <code>&lt;a href&gt;</code> is."
    )


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("`BackgroundTasks` are", "<code>Background<wbr>Tasks</code> are"),
        ("`jsonable_encoder`", "<code>jsonable_<wbr>encoder</code>"),
        ("McCarthy of `uvicorn`", "McCarthy of <code>uvicorn</code>"),
    ],
)
def test_a_long_name_may_be_broken_between_its_words(markdown: str, found: str) -> None:
    assert prose.breakable(prose.inline(markdown)) == found


# Code.


def test_long_code_is_cut_between_definitions_and_evenly() -> None:
    code = listing.tidy("\n\n".join(f"def f{n}():\n    a = {n}\n    return a" for n in range(6)))
    pages = code.pages(12)
    assert [page.lines[0] for page in pages] == ["def f0():", "def f3():"]
    assert all(page.rows <= 12 for page in pages)


def test_code_without_a_place_to_cut_is_cut_all_the_same() -> None:
    pages = Listing(tuple(f"x{n} = {n}" for n in range(25)), frozenset({24})).pages(10)
    assert [line for page in pages for line in page.lines] == [f"x{n} = {n}" for n in range(25)]
    assert all(page.rows <= 10 for page in pages)
    assert pages[-1].lines[max(pages[-1].marked)] == "x24 = 24"


def test_a_line_that_wraps_takes_more_room() -> None:
    assert listing.tidy("x" * (COLUMNS + 1)).rows == 2


def test_marked_lines_are_those_that_our_fix_changes() -> None:
    route = '@router.get("/compute")\nasync def compute(post):\n    return most_alike(post)'
    shown = f"def most_alike(id):\n    return id\n\n{route}"
    gone = listing.what_goes(LAB, shown)
    assert gone.lines[0] == '@router.get("/compute")'  # the function that stays is not there at all
    assert [gone.lines[index] for index in sorted(gone.marked)] == list(gone.lines[1:])
    about, come = listing.what_comes(LAB, "fix.py")
    assert about.startswith("The work moves to processes of its own")
    unmarked = [line for index, line in enumerate(come.lines) if index not in come.marked and line.strip()]
    assert unmarked == ['@router.get("/compute")']
    assert not any(line.startswith(("import", "from", "router =")) for line in come.lines)


# Slides, of every lab that is there.


@pytest.mark.parametrize("lab", COURSE.ready, ids=lambda lab: lab.slug)
class TestEachDeck:
    def test_tells_the_lab_from_the_question_to_the_answer(self, lab: Lab) -> None:
        deck = made(lab)
        kinds = list(dict.fromkeys(slide["kind"].split()[0] for slide in deck))
        assert kinds == ["title", "prose", "code", "chart", "exercise"]
        assert text(prose.inline(lab.question)) in text(deck[0]["html"])
        assert text(prose.inline(lab.question)) in text(deck[-1]["html"])
        assert 10 <= len(deck) <= 18

    def test_leaves_nothing_of_the_notebook_out(self, lab: Lab) -> None:
        everything = text(" ".join(slide["html"] + slide["notes"] for slide in made(lab)))
        for cell in decks.read(lab).cells:
            if cell.cell_type == "markdown":
                for block in prose.paragraphs(cell.source):
                    assert text(prose.html(block)) in everything, cell.id

    def test_shows_our_fix_to_nobody_before_the_exercise_and_to_learners_never(self, lab: Lab) -> None:
        ours = distinctive(lab)
        assert ours

        def seen(deck: list[dict[str, str]]) -> list[bool]:
            """Of each slide, whether it or its notes show a line of our fix."""
            pages = ["".join(re.sub(r"<[^>]+>", "", slide["html"] + slide["notes"]).split()) for slide in deck]
            lines = ["".join(listing.tidy(line).html().split()) for line in ours]
            bare = [re.sub(r"<[^>]+>", "", line) for line in lines]
            return [any(line in page for line in bare) for page in pages]

        deck = made(lab)
        exercise = next(index for index, slide in enumerate(deck) if slide["kind"] == "exercise")
        assert not any(seen(deck)[:exercise])
        assert any(seen(deck)[exercise + 1 :])
        assert not any(seen(made(lab, "learner")))

    def test_gives_the_speaker_what_is_to_be_thought_on(self, lab: Lab) -> None:
        notes = made(lab)[-1]["notes"]
        assert "Think on" in notes
        assert "Further" in notes

    def test_hands_all_hints_to_the_speaker_and_one_to_learners(self, lab: Lab) -> None:
        def hints(audience: Audience) -> int:
            notes = next(slide["notes"] for slide in made(lab, audience) if slide["kind"] == "exercise")
            return sum(text(prose.inline(hint)) in text(notes) for hint in lab.hints)

        assert hints("instructor") == len(lab.hints)
        assert hints("learner") <= 1


# What a cell says of itself.


def with_metadata(**asked: str) -> NotebookNode:
    """Lab 06's notebook, with a new cell after the recap and `slideshow` metadata on the cells named."""
    notebook = decks.read(LAB)
    notebook.cells += [new_markdown_cell("Extra **words**.", id="extra"), new_code_cell("1 + 1", id="sum")]
    for cell in notebook.cells:
        if (kind := asked.get(cell.id.replace("-", "_"))) is not None:
            cell.metadata["slideshow"] = {"slide_type": kind}
    return notebook


def test_a_cell_of_no_slide_goes_to_the_notes() -> None:
    deck = made(LAB, notebook=with_metadata())
    assert "Extra" in deck[-1]["notes"]
    assert "Extra" not in deck[-1]["html"]


@pytest.mark.parametrize("kind", ["slide", "subslide"])
def test_a_cell_can_ask_for_a_slide_of_its_own(kind: str) -> None:
    cells = builder.build(with_metadata(extra=kind), LAB, "instructor").cells
    assert cells[-2].metadata.slideshow.slide_type == kind
    assert "Extra <strong>words</strong>." in cells[-2].metadata.deck.html


@pytest.mark.parametrize(("kind", "css"), [("fragment", "fragment"), ("-", "")])
def test_a_cell_can_ask_to_stand_on_the_slide_before(kind: str, css: str) -> None:
    assert f'<div class="{css}"><p>Extra' in made(LAB, notebook=with_metadata(extra=kind))[-1]["html"]


def test_a_cell_can_ask_to_be_left_out_or_to_be_notes_only() -> None:
    deck = made(LAB, notebook=with_metadata(extra="skip", scene="notes"))
    assert not any("Extra" in slide["html"] + slide["notes"] for slide in deck)
    assert not any("The scene" in slide["html"] for slide in deck)
    assert "The scene" in deck[0]["notes"]


# What cannot be made.


@pytest.mark.parametrize("id", ["objective", "slow-code", "reproduce", "see", "compare", "tempting"])
def test_a_notebook_without_outputs_is_named_with_its_cell_and_the_remedy(id: str) -> None:
    notebook = decks.read(LAB)
    next(cell for cell in notebook.cells if cell.id == id).outputs = []
    with pytest.raises(
        SlidesError, match=f"^The cell `{id}` of notebooks/01_blocked_loop.ipynb has no output"
    ) as error:
        made(LAB, notebook=notebook)
    assert "`git checkout notebooks/01_blocked_loop.ipynb`" in str(error.value)
    assert "`make slides-01 RUN=1`" in str(error.value)


def test_a_picture_that_is_missing_is_named() -> None:
    notebook: Any = decks.read(LAB)
    cell = next(cell for cell in notebook.cells if cell.id == "see")
    cell.outputs = [one for one in cell.outputs if "image/png" not in one.data] or [NotebookNode(data={})]
    with pytest.raises(SlidesError, match=r"^The cell `see` of .* has no picture"):
        made(LAB, notebook=notebook)


def test_a_cell_that_is_missing_is_named() -> None:
    notebook = decks.read(LAB)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "see"]
    with pytest.raises(SlidesError, match="has no cell `see`"):
        made(LAB, notebook=notebook)
