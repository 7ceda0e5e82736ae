"""`make jupyter` as a learner has it: JupyterLab in a real browser, from the prediction to the verdict, light and dark.

The browser reaches nothing but this machine. Where there is none, tests are skipped; in CI they fail.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect
from printing import require_browser

from perflab.course import syllabus
from perflab.course.lab import ROOT, Lab
from perflab.judge.rule import Outcome
from perflab.slides import browser

COURSE = ("Makefile", "requirements.lock", "app", "labs", "notebooks", "perflab", "solutions")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
BEHIND_A_PROXY = {  # that answers nothing: what goes there, fails
    **{name: f"http://{browser.CLOSED_PORT}" for proxy in PROXIES for name in (proxy, proxy.upper())},
    **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
}
PATIENCE_MS = 60_000
LAB_PATIENCE_MS = 600_000


def set_up(root: Path) -> None:
    """A copy of the course as `make setup` leaves it. Its environment has the packages of this one."""
    for name in COURSE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    own = root / ".venv"
    venv.create(own, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(own)})
    Path(packages, "course.pth").write_text(f"{root}\n{sysconfig.get_path('purelib')}\n")
    for name in ("share", "bin/py-spy"):
        (own / name).symlink_to(Path(sys.prefix, name))
    subprocess.run(["make", "--touch", "setup"], cwd=root, check=True, stdout=subprocess.DEVNULL)


class JupyterLab:
    """`make jupyter` in a shell behind a proxy, until Ctrl-C."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"  # which every process that it starts has in its environment
        self.home.mkdir()
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PERFLAB", "PYTEST"))
        }
        self.log = root / "jupyter.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["make", "jupyter", "ARGS=--no-browser -y"],
                cwd=root,
                env={**kept, **BEHIND_A_PROXY, "HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def address(self) -> str:
        """The address that it prints, once it does."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < until and self.process.poll() is None:
            if found := re.search(r"http://127\.0\.0\.1:\d+/lab/\S*token=\w+", self.log.read_text()):
                return found[0]
            time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def interrupt(self) -> None:
        """Ctrl-C in its terminal."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(30)

    def left(self) -> list[str]:
        """What still runs when it has had the time to end."""
        until = time.monotonic() + 15
        while (found := self.running()) and time.monotonic() < until:
            time.sleep(0.2)
        return found

    def running(self) -> list[str]:
        """The processes that it has started, and theirs, that are still there."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("HOME") == str(self.home):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    require_browser()
    set_up(tmp_path)
    return tmp_path


@pytest.fixture
def jupyterlab(root: Path) -> Iterator[JupyterLab]:
    expect.set_options(timeout=PATIENCE_MS)
    started = JupyterLab(root)
    yield started
    expect.set_options(timeout=None)
    if started.process.poll() is None:
        started.interrupt()


# What a learner does, and sees.


def choose(page: Page, *menu: str) -> None:
    for name in menu:
        page.locator("[class$=-itemLabel]").get_by_text(name, exact=True).click()


def cell(page: Page, code: str) -> Locator:
    return page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=code))


def open_notebook(page: Page, lab: Lab) -> None:
    page.get_by_role("listitem", name=lab.notebook.name).dblclick()
    expect(page.get_by_role("button", name="| Idle")).to_be_visible()


def predict(page: Page, figure: float) -> None:
    editor = cell(page, "lab.predict(...)").locator(".cm-content")
    editor.scroll_into_view_if_needed()  # what is not in view has no text
    editor.fill(editor.inner_text().replace("...", str(figure), 1))


def run_all_cells(page: Page) -> None:
    """Runs every cell, and looks at what appears meanwhile."""
    choose(page, "Run", "Run All Cells")
    expect(cell(page, "lab.reproduce()").locator("em")).to_contain_text("driving the slow side")
    expect(cell(page, "lab.reproduce()")).to_contain_text("It is kept on your board")
    expect(cell(page, "lab.see()").first.locator("img").first).to_be_visible()
    expect(cell(page, "lab.verify()").locator("em")).to_contain_text("...", timeout=LAB_PATIENCE_MS)
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last.filter(has_text=re.compile(r"\[\d+\]:"))
    expect(last.or_(page.locator(FAULT)).first).to_be_attached(timeout=LAB_PATIENCE_MS)
    assert page.locator(FAULT).all_text_contents() == []


FAULT = "[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']"
TRIES = 2  # a browser at work on the same cores is a noisy neighbour, and a learner would run the cells again
GOOD = re.compile(f"^({Outcome.SOLVED}|{Outcome.INCONCLUSIVE})$", re.IGNORECASE)
HTML = ".jp-OutputArea-output.jp-RenderedHTML"
FAINT = """area => {  // the texts of an output with a contrast below 4.5 to 1, by WCAG 2
    const numbers = color => color.match(/[\\d.]+/g).map(Number);
    const light = color => numbers(color).slice(0, 3).map(part => part / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const paper = node => {
        const color = getComputedStyle(node).backgroundColor;
        return (numbers(color)[3] ?? 1) < 0.5 ? paper(node.parentElement) : color;
    };
    const contrast = node => {
        const [low, high] = [light(getComputedStyle(node).color), light(paper(node))].sort((one, two) => one - two);
        return (high + 0.05) / (low + 0.05);
    };
    return [area, ...area.querySelectorAll('*')]
        .filter(node => [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()))
        .filter(node => contrast(node) < 4.5).map(node => `${node.textContent}: ${contrast(node).toFixed(1)} to 1`);
}"""


def look(page: Page, theme: str) -> None:
    """Chooses a theme, and looks whether the page can be read in it."""
    choose(page, "Settings", "Theme", theme)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
    assert [faint for area in page.locator(HTML).all() for faint in area.evaluate(FAINT)] == []
    for picture in page.locator(".jp-OutputArea img").all():
        assert picture.evaluate("image => image.complete && image.naturalWidth > 0")


@pytest.mark.load
@pytest.mark.parametrize(
    "lab",
    [
        pytest.param(lab, id=lab.slug, marks=pytest.mark.rotates("in JupyterLab", minutes=1, seconds=120))
        for lab in syllabus.load().ready
    ],
)
def test_a_learner_predicts_and_runs_all_cells(lab: Lab, root: Path, jupyterlab: JupyterLab) -> None:
    for file in lab.files:
        shutil.copy(lab.solution / file, root / "labs" / lab.slug / file)
    with browser.opened(browser.HERE) as page:
        page.goto(jupyterlab.address())
        open_notebook(page, lab)
        predict(page, 5)
        for _ in range(TRIES):
            run_all_cells(page)
            (outcome,) = cell(page, "lab.verdict()").locator("strong").all_text_contents()
            if GOOD.match(outcome):
                break
        assert GOOD.match(outcome), cell(page, "lab.verdict()").locator(HTML).all_text_contents()
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            look(page, theme)
    jupyterlab.interrupt()
    assert jupyterlab.left() == []


@pytest.mark.live
def test_a_killed_jupyterlab_leaves_no_kernel(root: Path, jupyterlab: JupyterLab) -> None:
    with browser.opened(browser.HERE) as page:
        page.goto(jupyterlab.address())
        open_notebook(page, syllabus.load().ready[0])
        assert page.get_by_text("Would you like").all_inner_texts() == []
    assert [one for one in jupyterlab.running() if "ipykernel" in one]
    os.killpg(jupyterlab.process.pid, signal.SIGKILL)
    jupyterlab.process.wait()
    assert jupyterlab.left() == []
