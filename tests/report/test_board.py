"""The board and the certificate. Where there is no browser, what needs one is skipped; in CI it fails."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import toy
from playwright.sync_api import Page
from toy import HALFWAY, NO_BETTER, FakeBench

from perflab.course import syllabus
from perflab.course.syllabus import Syllabus
from perflab.report import board, progress
from perflab.report.progress import Standing
from perflab.slides import browser
from perflab.slides.browser import BrowserError

CONTRAST = """(() => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const linear = c => c / 255 <= .04045 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
    const paper = node => {
        for (; node; node = node.parentElement) {
            const colour = parse(getComputedStyle(node).backgroundColor);
            if (colour[3] !== 0) return colour;
        }
    };
    const found = {};
    for (const node of document.querySelectorAll("main, main *")) {
        const said = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
        if (!said || node.closest("title")) continue;
        const style = getComputedStyle(node), inks = node.closest("svg") ? style.fill : style.color;
        const [high, low] = [light(parse(inks)), light(paper(node))].sort((a, b) => b - a);
        found[node.tagName + "." + node.className.toString()] = (high + .05) / (low + .05);
    }
    return found;
})()"""


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    return toy.course(tmp_path)


@pytest.fixture
def begun(course: Syllabus) -> Syllabus:
    """A course with something of everything to show."""
    lab, other = course.by_name("stuck_toy"), course.by_name("shipped_toy")
    progress.note_prediction(lab, 10, 120)
    progress.note_prediction(other, 100, 110)
    for bench in (FakeBench(NO_BETTER), FakeBench(HALFWAY), FakeBench()):
        progress.note_run(toy.run(lab, bench))
    progress.note_run(toy.ending(other, "wrong"))
    return course


def shown(course: Syllabus) -> str:
    board.write(Standing(course))
    return board.path(course).read_text()


def tiles(page: str) -> dict[str, str]:
    """Each lab's tile, by its number."""
    return {
        number: tile
        for tile in re.findall(r'<li class="tile.*?</li>', page, re.DOTALL)
        for number in re.findall(r"Lab (\d\d)<", tile)
    }


def test_the_board_of_the_course_has_every_lab() -> None:
    course = syllabus.load()
    page = board.render(Standing(course))
    assert list(tiles(page)) == [f"{lab.number:02d}" for lab in course.labs]
    assert [part for part in course.parts if part not in page] == []
    assert "The final knowledge test" in page


def test_the_board_is_one_file_that_loads_nothing(begun: Syllabus) -> None:
    page = shown(begun)
    assert not re.findall(r"https?://|<script|@import|url\(", page)
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == ["data:,"]


def test_a_tile_links_to_the_last_result(begun: Syllabus) -> None:
    begun.by_name("stuck_toy").results(".html").write_text("")
    assert '<a href="stuck_toy.html">The toy that stood still</a>' in shown(begun)


def test_a_tile_shows_state_best_stars_and_attempts(begun: Syllabus) -> None:
    tile = tiles(shown(begun))["01"]
    for text in (
        ">solved<",
        "Best: all of the gap",
        "Predicted 12× too low",
        "3 attempts: not yet, nothing; not yet, 50%; solved, all",
    ):
        assert text in tile
    assert re.findall(r'role="img" aria-label="([^"]*: (?:yes|not yet))"', tile) == [
        "solved: yes", "solved without the last hint: yes", "prediction within a factor of two: not yet",
    ]  # fmt: skip


def test_a_lab_to_come_says_so(begun: Syllabus) -> None:
    assert "to come" in tiles(shown(begun))["02"]
    assert "star" not in tiles(shown(begun))["02"]


def test_the_chart_has_a_dot_for_each_prediction_and_a_table_says_the_same(begun: Syllabus) -> None:
    page = shown(begun)
    assert re.findall(r'<circle class="(far|near)"', page) == ["far", "near"]
    assert "Lab 01: 10.0 ms predicted, 120.0 ms measured, 12 times too low" in page
    assert '<th scope="row">01</th><td>p99 of /ping</td>' in page


@pytest.mark.parametrize("ratio", [1e-9, 0.5, 1.0, 30.0, 1e9])
def test_every_prediction_is_within_the_chart(begun: Syllabus, ratio: float) -> None:
    path = begun.by_name("stuck_toy").results(".progress.json")
    data = json.loads(path.read_text())
    data["prediction"]["ratio"] = ratio
    path.write_text(json.dumps(data))
    chart = board.Calibration(Standing(begun))
    assert all(chart.top <= dot.y <= chart.bottom for dot in chart.dots())


def test_the_board_of_a_fresh_clone_says_where_to_begin(course: Syllabus) -> None:
    page = shown(course)
    assert "Begin lab 01, The toy that stood still" in page
    assert "Each notebook asks for one" in page


def test_the_last_attempts_fit_into_their_line(course: Syllabus) -> None:
    attempts = [progress.Attempt(at="", outcome="not yet", closed=2.0 - 0.1 * number) for number in range(40)]
    dots = board.line(attempts)
    assert len(dots) == board.SHOWN
    assert all(0 < dot.x < board.LINE[0] and 0 < dot.y < board.LINE[1] for dot in dots)


def test_the_certificate_lists_what_is_solved_and_where(begun: Syllabus) -> None:
    text = board.write_certificate(Standing(begun), "Ada & <Lovelace>").read_text()
    assert "Ada &amp; &lt;Lovelace&gt;" in text
    assert re.findall(r'<th scope="row">(\d\d)</th>', text) == ["01"]
    assert "fastapi" in text and " cores, " in text


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if not os.environ.get("CI"):
        try:
            browser.command()
        except BrowserError as error:
            pytest.skip(str(error))
    with browser.opened() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_board_reads_well_in_light_and_dark_on_any_screen(
    begun: Syllabus, page: Page, scheme: str, width: int
) -> None:
    shown(begun)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(board.path(begun).as_uri())
    contrast = page.evaluate(CONTRAST)
    assert len(contrast) > 8
    assert {what: round(ratio, 1) for what, ratio in contrast.items() if ratio < 4.5} == {}
    assert page.evaluate("document.documentElement.scrollWidth") == width
