"""The result page."""

import base64
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import toy
from toy import FAST, FakeBench

from perflab.course.lab import Lab
from perflab.course.syllabus import Syllabus
from perflab.judge.result import Result
from perflab.report import html, messages, page

NAMESPACE = re.compile(r"""xmlns(:\w+)?=["'][^"']*["']""")
METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)  # RDF, whose vocabularies are named by URL


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Syllabus:
    return toy.course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def lab(course: Syllabus) -> Lab:
    return course.by_name("stuck_toy")


# Their pages look like others, and drawing takes time.
LIKE_OTHERS = {"not at all", "fast, but otherwise", "wavering", "tired"}


@pytest.fixture(scope="module", params=sorted(set(toy.WAYS) - LIKE_OTHERS))
def ended(request: pytest.FixtureRequest, lab: Lab, course: Syllabus) -> tuple[Result, str]:
    """A result for each way a run can end, and its page."""
    result = toy.ending(lab, request.param)
    return result, page.render(result, course)


class Page(HTMLParser):
    """A page's visible text, the tags still open at its end, and what it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for key, value in attrs if key in ("src", "href", "srcset", "action", "data")]
        if tag not in ("meta", "img", "br", "link", "source"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())


def images(page: str) -> Iterator[str]:
    for data in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page):
        yield base64.b64decode(data).decode()


def test_the_page_loads_nothing_from_outside(ended: tuple[Result, str]) -> None:
    _, page = ended
    for text in (page, *images(page)):
        assert not re.findall(r"https?://\S*", METADATA.sub("", NAMESPACE.sub("", text)))
    assert [link for link in Page(page).links if not link.startswith(("data:", "index.html", "../solutions/"))] == []
    assert not Page(page).tags & {"script", "link", "iframe", "object"}
    assert "@import" not in page


def test_the_page_says_the_outcome_and_what_the_terminal_says(ended: tuple[Result, str]) -> None:
    result, rendered = ended
    lab, message, said = result.lab, messages.explain(result), Page(rendered).text
    for text in (f"Lab 1: {result.outcome}", "Lab 1 of 3 · See it", lab.title, lab.question, *message.details):
        assert " ".join(text.split()) in said
    for text in (message.sentence, message.next_step):
        assert text.replace("`", "") in said


def test_every_tag_that_is_opened_is_closed(ended: tuple[Result, str]) -> None:
    _, page = ended
    assert Page(page).open == []


def test_the_page_has_a_chart_for_all_there_is_to_see(ended: tuple[Result, str]) -> None:
    """What happened and the metric, once a round was driven; the gap, once one was judged."""
    result, page = ended
    svgs = [ElementTree.fromstring(svg).tag for svg in images(page)]
    charts = 0 if not result.rounds else 3 if result.rounds[-1].scores else 2
    assert svgs == ["{http://www.w3.org/2000/svg}svg"] * charts


@pytest.mark.parametrize(
    ("way", "heads"), [("solved", ["slow", "yours", "our fix"]), ("untouched", ["slow", "our fix"])]
)
def test_the_table_has_a_column_for_each_side(lab: Lab, way: str, heads: list[str]) -> None:
    assert re.findall(r"<th style[^>]*>([^<]*)</th>", page.table(toy.ending(lab, way))) == heads


def test_the_page_says_when_for_how_long_and_with_which_seed(course: Syllabus, lab: Lab) -> None:
    result = toy.run(lab, FakeBench(bodies={("visit", "yours"): "other"}), seed=4321)
    result.started, result.seconds = "2026-01-02T03:04:05+00:00", 9.4
    said = Page(page.render(result, course)).text
    assert (
        "Measured 2026-01-02 03:04:05 UTC in 9 s, with seed 4321. The raw samples are in results/stuck_toy.json."
        in said
    )


def test_what_a_fix_printed_is_shown_as_text_only(course: Syllabus, lab: Lab) -> None:
    evil = "<script>alert('&')</script> $title"
    broken = toy.SideError("yours", "It printed a page.", [evil])
    rendered = page.render(toy.run(lab, FakeBench(raises={("start", "yours"): broken})), course)
    assert "script" not in Page(rendered).tags
    assert evil in Page(rendered).text


def test_a_request_named_like_a_tag_is_shown_as_it_is_named(lab: Lab) -> None:
    metric = lab.metrics[0].model_copy(update={"request": "/posts/<id>"})
    result = toy.run(lab.model_copy(update={"metrics": (metric,)}), FakeBench(name="/posts/<id>"))
    assert "p99 of /posts/<id>, ms" in Page(page.table(result)).text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Run `make lab-01` again.", "Run <code>make lab-01</code> again."),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("a < b", "a &lt; b"),
        ("plain", "plain"),
    ],
)
def test_text_between_backticks_is_code(text: str, marked: str) -> None:
    assert html.marked(text) == marked


def rounds_of(lab: Lab, *yours_ms: float, **others: list[float]) -> Result:
    return toy.run(lab, FakeBench({**FAST, "yours": yours_ms, **others}))


def test_the_round_shown_is_the_one_nearest_to_the_median(lab: Lab) -> None:
    result = rounds_of(lab, 1.0, 3.0, 2.0)
    assert page.shown_round(result) is result.rounds[2]


def test_a_void_round_is_not_shown_where_another_counted(lab: Lab) -> None:
    result = rounds_of(lab, 1.0, slow=[1.0, 100.0])
    assert page.shown_round(result) in result.rounds[1:]


@pytest.mark.parametrize("way", ["nothing shows", "untouched", "wrong under load"])
def test_the_last_round_is_shown_where_none_counted(lab: Lab, way: str) -> None:
    result = toy.ending(lab, way)
    assert page.shown_round(result) is result.rounds[-1]


def test_the_page_is_written_beside_the_record(course: Syllabus, lab: Lab) -> None:
    result = toy.ending(lab, "wrong")
    path = page.write(result, course)
    assert path == lab.results(".html")
    assert Page(path.read_text()).text == Page(page.render(result, course)).text


def test_the_page_of_a_solved_lab_links_to_other_good_fixes(tmp_path: Path) -> None:
    course = toy.course(tmp_path)
    lab = course.by_name("shipped_toy")
    (lab.solution / "other_string.py").write_text('"""Pulls it on a `string`.\n\nA long one."""\n')
    (lab.solution / "other_two_files").mkdir()
    (lab.solution / "other_two_files" / "gunicorn.conf.py").write_text('"""Pushes it."""\n')
    (lab.solution / "other_empty").mkdir()
    solved = page.render(toy.run(lab, FakeBench(failed={"slow": 9})), course)
    for text in ("string: Pulls it on a string.", "two files: Pushes it."):
        assert text in Page(solved).text
    links = [link for link in Page(solved).links if link.startswith("../")]
    assert len(links) == 3
    assert [link for link in links if not (tmp_path / "results" / link).resolve().is_file()] == []
    assert "../solutions" not in page.render(toy.ending(lab, "not yet"), course)
