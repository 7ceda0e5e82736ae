"""A handout is one page for each lab, and tells no solution. The agendas add up."""

import html
import re
from pathlib import Path

import pytest
from printing import distinctive, require_browser

from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab
from perflab.slides import browser, decks, handout

COURSE = syllabus.load()
AGENDA = re.compile(r"((?:^\|.*\n)+)\nTogether: (\d+) minutes", re.MULTILINE)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("handouts")
    made = {lab.slug: folder / f"{lab.slug}.html" for lab in COURSE.ready}
    for lab in COURSE.ready:
        made[lab.slug].write_text(handout.html(lab, COURSE))
    return made


def test_each_is_printed_on_one_page_and_nothing_is_wider(pages: dict[str, Path]) -> None:
    require_browser()
    with browser.opened() as page:
        page.emulate_media(media="print")
        for slug, path in pages.items():
            page.goto(path.as_uri())
            pdf = page.pdf(prefer_css_page_size=True, print_background=True)
            assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1, slug
            assert page.evaluate("document.body.scrollWidth <= document.body.clientWidth"), slug


@pytest.mark.parametrize("lab", COURSE.ready, ids=lambda lab: lab.slug)
def test_no_line_of_our_fix_is_on_it(lab: Lab, pages: dict[str, Path]) -> None:
    said = html.unescape(pages[lab.slug].read_text())
    assert [line for line in distinctive(lab) if line in said] == []


def test_it_is_written_beside_the_decks_for_learners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decks, "folder", lambda course, audience: tmp_path / audience)
    path = handout.write(COURSE.ready[0], COURSE)
    assert path == tmp_path / "learner" / f"{COURSE.ready[0].slug}-handout.html"
    links = re.findall(r"\b(?:src|href)=\"([^\"]*)\"", path.read_text())
    assert [link for link in links if not link.startswith("data:")] == []


def test_the_agendas_name_each_labs_minutes_and_add_up() -> None:
    agendas = AGENDA.findall((ROOT / "docs" / "teaching.md").read_text())
    assert len(agendas) == 4
    for rows, together in agendas:
        minutes = [int(found) for found in re.findall(r"^\| (\d+) \|", rows, re.MULTILINE)]
        assert sum(minutes) == int(together)
        for took, number, slug in re.findall(
            r"^\| (\d+) \| \[(\d\d)\]\(\.\./notebooks/(\w+)\.ipynb\)", rows, re.MULTILINE
        ):
            lab = COURSE.by_number(int(number))
            assert lab is not None
            assert (lab.slug, lab.minutes) == (slug, int(took))
