"""What axe finds in our pages, light and dark: nothing. Without axe or a browser they are skipped; in CI they fail."""

import os
from pathlib import Path

import pytest
import toy
from playwright.sync_api import Page
from printing import require_browser

from perflab.course import syllabus
from perflab.course.syllabus import Syllabus
from perflab.report import board, page, progress
from perflab.report.progress import Standing
from perflab.slides import browser, decks, handout

COURSE = syllabus.load()


def faults(shown: Page, page: Path, scheme: str) -> list[str]:
    """What axe finds in a page: the rule, and the first element that breaks it."""
    axe = axe_of_this_machine()
    shown.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    shown.goto(f"{page.as_uri()}?print-pdf")  # which shows all slides of a deck at once
    shown.wait_for_timeout(500)
    found = axe.run(shown).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


def axe_of_this_machine():
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("axe is missing here: `make setup` installs it.")
    return Axe()


def written_deck(to: Path) -> Path:
    to.write_text(decks.html(COURSE.labs[0], COURSE, "instructor", decks.read(COURSE.labs[0]), "Measured here"))
    return to


def written_handout(to: Path) -> Path:
    to.write_text(handout.html(COURSE.labs[0], COURSE))
    return to


def toy_course(to: Path) -> Syllabus:
    return toy.course(to.parent / "course")


def written_result(to: Path, way: str) -> Path:
    course = toy_course(to)
    return page.write(toy.ending(course.by_name("stuck_toy"), way), course)


def written_board(to: Path) -> Path:
    course = toy_course(to)
    lab = course.by_name("stuck_toy")
    progress.note_prediction(lab, 10, 120)
    for way in ("not yet", "wrong", "solved"):
        progress.note_run(toy.ending(lab, way))
    board.write(Standing(course))
    return board.path(course)


def written_certificate(to: Path) -> Path:
    course = toy_course(to)
    progress.note_run(toy.ending(course.by_name("stuck_toy"), "solved"))
    return board.write_certificate(Standing(course), "A. Learner")


PAGES = {
    "index": lambda to: decks.write_index(toy_course(to)),
    "certificate": written_certificate,
    "deck": written_deck,
    "handout": written_handout,
    "solved": lambda to: written_result(to, "solved"),
    "broken": lambda to: written_result(to, "broken"),
    "board": written_board,
}


def test_axe_finds_a_picture_without_words(tmp_path: Path) -> None:
    require_browser()
    (tmp_path / "page.html").write_text('<!doctype html><html lang="en"><title>A page</title><img src="data:,">')
    with browser.opened() as shown:
        assert any(fault.startswith("image-alt") for fault in faults(shown, tmp_path / "page.html", "light"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, scheme: str, tmp_path: Path) -> None:
    require_browser()
    written = PAGES[name](tmp_path / f"{name}.html")
    with browser.opened() as shown:
        assert faults(shown, written, scheme) == []
