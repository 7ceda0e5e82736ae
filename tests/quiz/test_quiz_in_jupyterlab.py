"""The buttons in a real JupyterLab: an answer stays when the page is reloaded, and when the kernel dies."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import exam
import nbformat
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from printing import require_browser

from perflab.notebook import QUIET_VARIABLE
from perflab.process.managed import Process
from perflab.quiz import answers
from perflab.slides import browser

PATIENCE_MS = 90_000
FIRST = """
from pathlib import Path
from perflab.course import syllabus

course = syllabus.load(Path.cwd())
syllabus.load = lambda root=None: course
from perflab.notebook_quiz import Quiz
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """JupyterLab on a small course with a notebook of its test. The user's own settings are not read or changed."""
    require_browser()
    exam.course(tmp_path)
    cells = [nbformat.v4.new_code_cell(source) for source in (FIRST, "Quiz().part(1)")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "quiz.ipynb")
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    env = {name: str(tmp_path / ".jupyter" / name.lower()) for name in own}
    env[QUIET_VARIABLE] = ""  # with it there are no buttons
    options = ["--no-browser", "--ServerApp.port=0", "--IdentityProvider.token="]
    options += [f"--ServerApp.root_dir={tmp_path}", *(["--allow-root"] if os.geteuid() == 0 else [])]
    with Process([sys.executable, "-m", "jupyterlab", *options], env) as server:
        line = server.wait_for(lambda line: "http://localhost:" in line, PATIENCE_MS / 1000)
        assert line, list(server.output)
        yield line[line.index("http://") :]


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser.command(),
            args=["--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"],
            chromium_sandbox=os.geteuid() != 0,
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/tree/quiz.ipynb")
        yield page


def choose(page: Page, command: str) -> None:
    """Chooses an entry of the menu *Run*, once the notebook has its kernel."""
    expect(page.get_by_role("button", name="| Idle")).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".jp-Notebook .jp-Cell").first.click()  # its code, and no button
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(f'[data-command="runmenu:{command}"]').click()


@pytest.mark.load
def test_an_answer_stays_when_the_page_is_reloaded_and_the_kernel_restarted(page: Page, tmp_path: Path) -> None:
    chosen = page.locator("button.mod-info")
    choose(page, "run-all")
    page.get_by_title("Answer b").click()
    expect(page.get_by_text("Your answer is saved.")).to_be_visible()
    given = answers.load(tmp_path).given
    assert len(given) == 1

    page.reload()
    choose(page, "run-all")
    expect(chosen).to_have_attribute("title", "Answer b", timeout=PATIENCE_MS)

    choose(page, "restart-and-run-all")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.get_by_text("[1]:")).to_be_visible(timeout=PATIENCE_MS)
    expect(chosen).to_have_attribute("title", "Answer b", timeout=PATIENCE_MS)
    assert answers.load(tmp_path).given == given
