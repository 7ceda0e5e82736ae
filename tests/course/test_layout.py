"""A new lab, laid out: complete, its drafts run, and nothing that was there is touched."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import toy

from perflab.course import audit, layout, references, syllabus, templates
from perflab.course.lab import ROOT
from perflab.course.layout import LayoutError
from perflab.course.syllabus import SyllabusError

DECLARED = """\
[[parts]]
title = "See it"
labs = ["first_kite", "new_kite"]

[first_kite]
title = "A kite"
question = "Why?"
node_counterpart = "A balloon"
"""
NAME = "new_kite"
FILES = [
    "labs/02_new_kite/lab.toml",
    f"app/parts/{NAME}.py",
    "labs/02_new_kite/locustfile.py",
    "solutions/02_new_kite/fix.py",
    "solutions/02_new_kite/tempting_first_idea.py",
    "solutions/02_new_kite/other_one_way.py",
    "solutions/02_new_kite/other_another_way.py",
    "labs/02_new_kite/fix.py",
    "notebooks/02_new_kite.ipynb",
    "docs/think-on.md",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course of two labs, of which the second has its place and no files."""
    toy.write_syllabus(tmp_path, DECLARED)
    return tmp_path


def declare(root: Path, more: str = "") -> Path:
    """Declares what the new lab is about, and returns the file."""
    file = root / "labs" / "02_new_kite" / "lab.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'title = "A kite"\nquestion = "Why does it not fly?"\nnode_counterpart = "A balloon"\n{more}')
    return file


def laid_out(root: Path, name: str = "new_kite") -> list[str]:
    return [path.relative_to(root).as_posix() for path in layout.lay_out(root, name)]


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_it_writes_every_file_and_says_which(root: Path) -> None:
    before = contents(root)
    assert laid_out(root) == FILES
    assert contents(root).keys() - before.keys() == set(FILES)


def test_a_declared_lab_keeps_what_it_declares(root: Path) -> None:
    declared = declare(root).read_text()
    assert laid_out(root) == FILES
    assert (root / FILES[0]).read_text().startswith(declared)
    lab = syllabus.load(root).by_name("new_kite")
    assert (lab.ready, lab.title, lab.question) == (True, "A kite", "Why does it not fly?")


def test_only_todos_and_the_run_are_left_for_check(root: Path) -> None:
    declare(root)
    laid_out(root)
    written = [file for file in FILES[:-1] if file != "labs/02_new_kite/fix.py"]
    code = [cell["id"] for cell in cells(root) if cell["cell_type"] == "code"]
    left = {(fault.file, fault.fault) for fault in audit.audit(syllabus.load(root).by_name("new_kite"))}
    assert left == {
        *((file, "it still says TODO") for file in written),
        ("docs/think-on.md", "## Lab 02 still says TODO"),
        (
            "notebooks/02_new_kite.ipynb",
            f"{', '.join(f'`{id}`' for id in code)} were never run, and nbval would pass them silently",
        ),
    }


def cells(root: Path) -> list[dict]:
    return json.loads((root / "notebooks" / "02_new_kite.ipynb").read_text())["cells"]


def test_a_lab_without_a_title_says_so_itself(root: Path) -> None:
    laid_out(root)
    assert syllabus.load(root).by_name("new_kite").title == "TODO: the lab's title, as a picture in words"


def test_a_second_call_writes_nothing(root: Path) -> None:
    laid_out(root)
    before = contents(root)
    assert laid_out(root) == []
    assert contents(root) == before


@pytest.mark.parametrize("file", FILES[1:])
def test_a_file_that_is_there_is_left_alone(root: Path, file: str) -> None:
    mine = "## Lab 02\n\nMine.\n"
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(mine)
    assert laid_out(root) == [one for one in FILES if one != file]
    assert (root / file).read_text() == mine


@pytest.mark.parametrize("file", FILES[1:])
def test_a_file_that_was_lost_is_written_again(root: Path, file: str) -> None:
    laid_out(root)
    before = contents(root)
    (root / file).unlink()
    assert laid_out(root) == [file]
    assert contents(root) == before


def test_fixes_of_other_names_are_fixes_too(root: Path) -> None:
    laid_out(root)
    solution = root / "solutions" / "02_new_kite"
    (solution / "tempting_first_idea.py").rename(solution / "tempting_thread.py")
    (solution / "other_one_way.py").rename(solution / "other_pool.py")
    assert laid_out(root) == []


@pytest.mark.parametrize("name", ["Kite", "new-kite", "2_kites", "_kite", "kite_", "a__kite", "../kite", "", "class"])
def test_what_is_no_name_is_refused(root: Path, name: str) -> None:
    before = contents(root)
    with pytest.raises(LayoutError) as refused:
        layout.lay_out(root, name)
    assert str(refused.value) == (
        f"{name!r} is no name for a lab. Use small letters and underscores, such as blocked_loop."
    )
    assert contents(root) == before


def test_a_name_without_a_place_is_refused(root: Path) -> None:
    before = contents(root)
    with pytest.raises(LayoutError) as refused:
        layout.lay_out(root, "old_kite")
    assert str(refused.value) == (
        "'old_kite' has no place yet. Add it to 'labs' of a part in labs/course.toml, and try again."
    )
    assert contents(root) == before


def test_a_place_that_moves_others_is_written_first(root: Path) -> None:
    (root / "labs" / "course.toml").write_text('[[parts]]\ntitle = "See it"\nlabs = ["new_kite", "first_kite"]\n')
    with pytest.raises(SyllabusError, match=r"`python -m perflab check --write` renames it\."):
        layout.lay_out(root, "new_kite")
    references.write(root, syllabus.load)
    assert laid_out(root)[0] == "labs/01_new_kite/lab.toml"


def test_a_lab_that_declares_more_is_refused_and_left_alone(root: Path) -> None:
    file = declare(root, "minutes = 20\nseconds = 3.0\n")
    before = file.read_text()
    with pytest.raises(LayoutError) as refused:
        layout.lay_out(root, "new_kite")
    assert str(refused.value) == (
        "'new_kite' has minutes, seconds already. Add [[metrics]] to its lab.toml, and try again."
    )
    assert file.read_text() == before


METRIC = '\n[[metrics]]\ntype = "failed"\nmin_effect = 2\nadvice_none = "It lies."\nadvice_partial = "It hops."\n'


@pytest.mark.parametrize("files", [["gunicorn.conf.py"], ["fix.py", "gunicorn.conf.py"]], ids=",".join)
def test_a_lab_has_a_fix_for_each_of_its_files(root: Path, files: list[str]) -> None:
    declare(root, f"files = {json.dumps(files)}\n{METRIC}")
    laid_out(root)
    lab = syllabus.load(root).by_name("new_kite")
    assert list(audit.has_its_files(lab)) == []
    assert list(audit.ships_untouched(lab)) == []
    assert [(lab.solution / file).is_file() for file in ("fix.py", "gunicorn.conf.py")] == ["fix.py" in files, True]
    compile((lab.solution / "gunicorn.conf.py").read_text(), "gunicorn.conf.py", "exec")


def test_a_lab_about_a_load_test_is_refused(root: Path) -> None:
    declare(root, f'files = ["locustfile.py"]\n{METRIC}')
    before = contents(root)
    with pytest.raises(LayoutError, match="'new_kite' is about a load test, and there are drafts for the site only"):
        layout.lay_out(root, "new_kite")
    assert contents(root) == before


# What the drafts say.


@pytest.mark.parametrize("file", [file for file in FILES if file.endswith(".py")])
def test_each_draft_is_python_and_names_the_route(root: Path, file: str) -> None:
    declare(root)
    laid_out(root)
    text = (root / file).read_text()
    compile(text, file, "exec")
    assert ('"/new-kite' in text) == (file != "labs/02_new_kite/fix.py")


def test_the_learners_file_is_as_shipped(root: Path) -> None:
    declare(root)
    laid_out(root)
    lab = syllabus.load(root).by_name("new_kite")
    assert (lab.folder / "fix.py").read_text() == templates.shipped(lab, "fix.py")


def test_the_notebook_is_one_of_ours(root: Path) -> None:
    declare(root)
    laid_out(root)
    notebook = nbformat.read(root / "notebooks" / "02_new_kite.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells if cell.id in audit.ANATOMY] == list(audit.ANATOMY)
    by_id = {cell.id: cell for cell in notebook.cells}
    assert by_id["title"].source.startswith("# Lab 02 · A kite\n\n**Why does it not fly?**\n")
    assert by_id["objective"].source == 'from perflab.notebook import Lab\n\nlab = Lab("new_kite")\nlab.card()'
    assert {cell.id for cell in notebook.cells if cell.metadata.get("tags")} == audit.MEASURED
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")


def test_the_notebook_and_the_answers_ask_the_same(root: Path) -> None:
    laid_out(root)
    reflect = next("".join(cell["source"]) for cell in cells(root) if cell["id"] == "reflect")
    asked = re.findall(r"(?m)^- (.+)$", reflect)
    assert asked == re.findall(r"(?m)^\*\*(.+)\*\*$", (root / "docs" / "think-on.md").read_text())
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("before", "headings"),
    [
        ("# Ours\n\n## Lab 01\n\nA.\n\n## Lab 03\n\nC.\n", ["# Ours", "## Lab 01", "## Lab 02", "## Lab 03"]),
        ("# Ours\n\n## Lab 01\n\nA.\n", ["# Ours", "## Lab 01", "## Lab 02"]),
        ("# Ours\n\n## Lab 10\n\nC.\n", ["# Ours", "## Lab 02", "## Lab 10"]),
        (None, ["# Think on: our answers", "## Lab 02"]),
    ],
    ids=["between others", "at the end", "at the beginning", "the first of all"],
)
def test_its_chapter_of_answers_is_at_its_place(root: Path, before: str | None, headings: list[str]) -> None:
    page = root / "docs" / "think-on.md"
    if before:
        page.parent.mkdir()
        page.write_text(before)
    laid_out(root)
    text = page.read_text()
    assert re.findall(r"(?m)^#+ .+$", text) == headings
    assert re.findall(r"[^\n]\n#|\n\n\n", text) == []  # each heading after one empty line
    assert text.endswith("\n") and not text.endswith("\n\n")


# The course as it is.


def test_a_lab_that_is_there_has_nothing_to_be_laid_out(tmp_path: Path) -> None:
    for folder in ("labs", "solutions", "app", "notebooks", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    course = syllabus.load(tmp_path)
    about_the_site = [lab for lab in course.ready if not lab.is_about_load]
    assert len(about_the_site) > 15
    assert {lab.name: layout.lay_out(tmp_path, lab.name) for lab in about_the_site} == {
        lab.name: [] for lab in about_the_site
    }


def test_each_lab_to_come_can_be_laid_out(tmp_path: Path) -> None:
    for folder in ("labs", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for lab in syllabus.load(tmp_path).labs:
        if not lab.ready:
            layout.lay_out(tmp_path, lab.name)
            assert list(audit.has_its_files(syllabus.load(tmp_path).by_name(lab.name))) == []
