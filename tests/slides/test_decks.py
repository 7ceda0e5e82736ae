"""Decks on disk, and in a real browser without a network. Where there is none, tests are skipped; in CI they fail."""

import asyncio
import gc
import logging
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import nbclient
import pytest
from playwright.sync_api import Error, Page, expect
from printing import require_browser

from perflab import commands, session
from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab
from perflab.course.syllabus import Syllabus
from perflab.slides import browser, decks

READY = syllabus.load().ready
COUNT = "Reveal.getCurrentSlide().querySelector('.count').textContent"
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
PATIENCE_MS = 30_000


def copied(to: Path) -> Syllabus:
    """The course, for its decks: what they are made of, and no more."""
    for folder in ("labs", "notebooks", "solutions", "app"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return syllabus.load(to)


@pytest.fixture
def course(tmp_path: Path) -> Syllabus:
    return copied(tmp_path)


@pytest.fixture
def command(course: Syllabus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """`python -m perflab slides ...` on that course: its exit code, and what it said."""

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(syllabus, "load", lambda: course)
        monkeypatch.setattr(sys, "argv", ["perflab", "slides", *arguments])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), " ".join((said.out + said.err).split())

    return run


def here(course: Syllabus, name: str = "") -> Path:
    return course.labs[0].root / "slides" / name


@pytest.fixture(scope="module")
def every_deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every deck and the index."""
    course = copied(tmp_path_factory.mktemp("course"))
    for lab in course.ready:
        decks.write(lab, course)
    decks.write_index(course)
    return here(course)


# Files.


def test_every_lab_becomes_one_page_that_links_to_nothing_outside(every_deck: Path) -> None:
    assert {path.stem for path in every_deck.glob("*.html")} == {*(lab.slug for lab in READY), "index"}
    for page in every_deck.glob("*.html"):
        markup = re.sub(r"<script>.*?</script>", "", page.read_text(), flags=re.DOTALL)
        links = re.findall(r"<[^>]*\b(?:src|href)=\"([^\"]*)\"", markup)
        assert {link for link in links if not link.startswith("data:") and not (page.parent / link).exists()} == set()


def test_the_index_has_every_part_and_links_to_the_decks_there_are(course: Syllabus, command) -> None:
    assert command("01")[0] == 0
    index = here(course, "index.html").read_text()
    assert [part for part in course.parts if part not in index] == []
    assert [lab.number for lab in course.labs if f"<b>{lab.number:02d}</b>" not in index] == []
    assert re.findall(r'<a href="([^"]+)"', index) == ["01_blocked_loop.html"]


def test_a_second_time_it_writes_the_same(course: Syllabus, command) -> None:
    command("01")
    first = here(course, "01_blocked_loop.html").read_bytes()
    command("01")
    assert here(course, "01_blocked_loop.html").read_bytes() == first
    assert [path.name for path in here(course).glob(".*")] == []


def test_decks_for_learners_lie_apart(course: Syllabus, command) -> None:
    assert command("01", "--audience", "learner")[0] == 0
    assert not here(course, "01_blocked_loop.html").exists()
    assert "run_in_executor" not in here(course, "learner/01_blocked_loop.html").read_text()


def test_a_lab_run_here_shows_its_own_outputs_and_leaves_the_notebook(
    course: Syllabus, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def executed(path: Path) -> object:
        notebook = decks.read(course.by_name("blocked_loop"))
        next(cell for cell in notebook.cells if cell.id == "reproduce").outputs[0].text = "Measured: it took long here."
        return notebook

    monkeypatch.setattr(session, "executed", executed)
    before = course.by_name("blocked_loop").notebook.read_bytes()
    assert command("01", "--run")[0] == 0
    deck = here(course, "01_blocked_loop.html").read_text()
    assert "Measured: it took long here." in deck
    assert "Measured on this machine" in deck
    assert course.by_name("blocked_loop").notebook.read_bytes() == before


def test_a_run_that_does_not_solve_the_lab_is_not_shown(
    course: Syllabus, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def executed(path: Path) -> object:
        notebook = decks.read(course.by_name("blocked_loop"))
        next(cell for cell in notebook.cells if cell.id == "verify").outputs[0].text = "Lab 1: unclear"
        return notebook

    monkeypatch.setattr(session, "executed", executed)
    code, said = command("01", "--run")
    assert (code, "(Lab 1: unclear)" in said, "`make slides-01` shows our reference run" in said) == (2, True, True)
    assert not here(course, "01_blocked_loop.html").exists()


class Interrupted:
    """nbclient's client at Ctrl-C, as it may be: its kernel is gone, and a task of its own has failed at that."""

    _async_cleanup_kernel_future = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def execute(self, **_: object) -> None:
        async def fail() -> None:
            raise AssertionError

        async def forget() -> None:
            await asyncio.wait([asyncio.ensure_future(fail())])

        asyncio.run(forget())
        gc.collect()
        raise RuntimeError


def test_ctrl_c_while_a_notebook_runs_prints_no_traceback_of_nbclients(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(session.SIDE_VARIABLE, "")  # which it sets
    monkeypatch.setattr(nbclient, "NotebookClient", Interrupted)
    caplog.set_level(logging.ERROR, "asyncio")  # and gives it back its level afterwards
    with pytest.raises(RuntimeError):
        Interrupted().execute()
    assert "never retrieved" in caplog.text
    caplog.clear()
    with pytest.raises(KeyboardInterrupt):
        session.executed(READY[0].notebook)
    assert caplog.text == ""


# What cannot be done is said in a sentence.


@pytest.mark.parametrize("number", ["99", "0", "six"])
def test_an_unknown_number_is_refused(command, number: str) -> None:
    code, said = command(number)
    assert code == 2
    assert said.startswith(f"There is no lab '{number}'.")


def test_a_faulty_notebook_is_named_and_the_others_have_their_decks(course: Syllabus, command) -> None:
    course.labs = tuple(
        lab if lab.number in (1, 2, 19) else lab.model_copy(update={"metrics": ()}) for lab in course.labs
    )
    notebook = course.by_name("blocked_loop").notebook
    notebook.write_text(notebook.read_text()[:1000])
    course.by_name("single_core").notebook.unlink()
    code, said = command()
    assert code == 2
    assert "notebooks/01_blocked_loop.ipynb cannot be read" in said
    assert "There is no notebooks/19_single_core.ipynb." in said
    assert "Open " in said
    assert {path.stem for path in here(course).glob("*.html")} == {"02_sync_io", "index"}


def test_a_folder_that_cannot_be_written_is_named_once(course: Syllabus, command) -> None:
    here(course).write_text("a file where the folder should be")
    code, said = command()
    assert code == 2
    assert said == (
        f"Slides cannot be written to {here(course)}: File exists. "
        "Make that a folder you may write to, or copy the course to where you may."
    )


def test_a_missing_browser_is_missed_before_anything_is_written(
    course: Syllabus, command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "NAMES", ("no-such-browser",))
    code, said = command("01", "--pdf")
    assert code == 2
    assert said.startswith("There is no Chromium or Chrome here")
    assert not here(course).exists()


# In a browser.


@pytest.fixture
def folder(every_deck: Path) -> Path:
    """A folder with every deck, where there is a browser to see them in."""
    require_browser()
    return every_deck


class Window:
    """A page; and what it and the windows it opened have requested, and all errors there, since it opened a file."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        page.context.on("console", lambda message: self.errors.append(message.text))

    def open(self, file: Path) -> None:
        """Opens a deck, or the index."""
        self.requests.clear()
        self.errors.clear()
        self.page.goto(file.as_uri())

    def open_deck(self, deck: Path) -> int:
        """Opens a deck; returns how many slides it has."""
        self.open(deck)
        self.page.wait_for_selector(".reveal.ready")
        self.page.evaluate(DRAWN)
        return int(self.page.evaluate("Reveal.getTotalSlides()"))


@pytest.fixture(scope="class")
def window() -> Iterator[Window]:
    require_browser()
    with browser.opened() as page:
        yield Window(page)


FAULTS = """
(() => {
  const slide = Reveal.getCurrentSlide(), faults = [], box = slide.querySelector(".slide").getBoundingClientRect();
  const footer = slide.querySelector("footer").getBoundingClientRect();
  const named = one => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`;
  for (const one of slide.querySelectorAll(".slide *, footer *")) {
    const style = getComputedStyle(one), at = one.getBoundingClientRect();
    if (!at.width || one.closest("aside")) continue;
    const within = one.closest("footer") ? footer : box;
    if (at.left < within.left - 1 || at.right > within.right + 1 ||
        at.top < within.top - 1 || at.bottom > within.bottom + 1)
      faults.push(`outside its slide: ${named(one)}`);
    if ((style.overflow !== "visible" || one.matches(".fit")) &&
        (one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1))
      faults.push(`too full: ${named(one)}`);
    if (one.textContent.trim() && !one.closest("footer, small") && parseFloat(style.fontSize) < 16)
      faults.push(`too small: ${named(one)}`);
  }
  for (const one of slide.querySelectorAll("img")) if (!one.naturalWidth) faults.push("an image that does not show");
  const images = [...slide.querySelectorAll(".slide img")].filter(one => one.offsetWidth);
  if (slide.querySelector(".chart") && !(images.length && images.every(one => one.offsetWidth >= 800)))
    faults.push("a small picture");
  return faults;
})()
"""


class TestInABrowser:
    """In one browser, which is closed before the tests below: Playwright's synchronous API cannot be entered twice."""

    @pytest.mark.parametrize("lab", READY, ids=lambda lab: lab.slug)
    def test_a_deck_pages_through_fits_its_slides_and_asks_for_nothing(
        self, lab: Lab, folder: Path, window: Window
    ) -> None:
        deck, page = folder / f"{lab.slug}.html", window.page
        count = window.open_deck(deck)
        for number in range(1, count + 1):
            assert page.evaluate("Reveal.getSlidePastCount() + 1") == number
            assert page.evaluate(FAULTS) == [], f"slide {number}"
            assert page.evaluate(COUNT) == f"{number} / {count}"
            page.keyboard.press("ArrowRight")
            page.evaluate(DRAWN)
        assert page.evaluate("Reveal.isLastSlide()")
        assert window.requests == [deck.as_uri()]
        assert window.errors == []

    def test_the_index_leads_to_the_decks_and_asks_for_nothing(self, folder: Path, window: Window) -> None:
        window.open(folder / "index.html")
        window.page.locator("a").first.click()
        window.page.wait_for_selector(".reveal.ready")
        assert window.requests == [(folder / name).as_uri() for name in ("index.html", f"{READY[0].slug}.html")]
        assert window.errors == []

    def test_the_overview_shows_all_slides_and_gives_one_back(self, folder: Path, window: Window) -> None:
        window.open_deck(folder / f"{READY[0].slug}.html")
        window.page.keyboard.press("Escape")
        assert window.page.evaluate("Reveal.isOverview()")
        window.page.keyboard.press("Escape")
        assert not window.page.evaluate("Reveal.isOverview()")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_a_deck_is_as_light_as_the_system_and_t_turns_it(
        self, folder: Path, window: Window, scheme: Literal["light", "dark"]
    ) -> None:
        page = window.page
        page.emulate_media(color_scheme=scheme)
        window.open_deck(folder / f"{READY[0].slug}.html")
        dark = "getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'"
        images = "[...document.querySelectorAll('img.on-dark')].map(one => getComputedStyle(one).display)"
        try:
            assert page.evaluate(dark) == (scheme == "dark")
            assert set(page.evaluate(images)) == {"block" if scheme == "dark" else "none"}
            page.keyboard.press("t")
            assert page.evaluate(dark) == (scheme == "light")
            window.open_deck(folder / f"{READY[-1].slug}.html")
            assert page.evaluate(dark) == (scheme == "light")  # the next deck knows
        finally:
            page.evaluate("localStorage.clear()")

    def test_the_speakers_window_shows_the_notes_and_follows(self, folder: Path, window: Window) -> None:
        window.open_deck(folder / f"{READY[0].slug}.html")
        with window.page.expect_popup() as popup:
            window.page.keyboard.press("s")
        with popup.value as speaker:
            notes = speaker.locator(".speaker-controls-notes .value")
            expect(notes).to_contain_text(READY[0].question.replace("'", "’"), timeout=PATIENCE_MS)
            window.page.keyboard.press("ArrowRight")
            expect(notes).to_contain_text("The scene", timeout=PATIENCE_MS)
        assert [address for address in window.requests if address.startswith("http")] == []
        assert window.errors == []

    def test_no_server_can_be_reached_not_even_on_this_machine(self, window: Window) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            with pytest.raises(Error, match="ERR_PROXY_CONNECTION_FAILED"):
                window.page.goto(f"http://127.0.0.1:{server.getsockname()[1]}")
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()


def test_a_deck_is_printed_a_page_for_each_slide(folder: Path) -> None:
    deck = folder / f"{READY[0].slug}.html"
    with decks.printing() as print_pdf:
        pdf = print_pdf(deck)
    assert pdf == deck.with_suffix(".pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == deck.read_text().count('<span class="count">') > 1
    assert list(folder.glob(".*")) == []


def test_a_browser_that_does_not_start_is_named(
    course: Syllabus, command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho 'no display' >&2\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setattr(browser, "NAMES", (str(fake),))
    assert command("01", "--pdf") == (2, f"{fake} did not start: no display.")
