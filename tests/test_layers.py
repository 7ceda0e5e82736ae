"""Which package may import which: imports point one way, and separate processes stay separate."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import perflab
from perflab.course import syllabus

ROOT = Path(__file__).resolve().parent.parent
ORDER = re.findall(r"^    (\w+) ", perflab.__doc__ or "", re.MULTILINE)
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
OUR_PACKAGES = {"app", "labs", "perflab", "solutions", "tests"}
PATCHES = {"locust", "gevent"}  # the whole process, on import


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that some code imports, wherever in it: `a.b` for `import a.b` and for `from a import b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the import in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(ast.parse(path.read_text(), str(path)))}


def modules(path: Path) -> set[str]:
    """The modules of the kit that a file imports."""
    names = imports(ast.parse(path.read_text(), str(path)))
    return {name.split(".")[1] for name in names if name.startswith("perflab.")}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_packages_import_in_one_direction() -> None:
    """The contracts are in pyproject.toml: the order of the packages, and which may import Locust or the app."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_packages_are_listed_in_the_order_of_the_contract() -> None:
    layers = CONTRACTS[0]["layers"]
    declared = [name.strip() for layer in reversed(layers) for name in layer.split("|")]
    assert [name for name in declared if name not in ("__main__", "commands", "notebook", "notebook_quiz")] == ORDER


def test_a_package_says_what_it_is_for_and_imports_nothing() -> None:
    """Otherwise a process that needs one module of it, as the load generator does, would import them all."""
    for path in (ROOT / "perflab").rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        assert len(body) == 1 and ast.get_docstring(ast.parse(path.read_text())), path


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    found = packages(ROOT / "tools" / "bootstrap.py")
    assert found <= {"os", "shutil", "subprocess", "sys"}


LOAD_TESTS = [
    *(path for path in sources("app") if path.parent.name == "load_tests" and path.stem != "__init__"),
    *(path for lab in syllabus.load().ready if lab.is_about_load for path in lab.solution.glob("*.py")),
]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("app", OUR_PACKAGES - {"app"} | PATCHES),
        ("solutions", OUR_PACKAGES - {"app"} | PATCHES),
        ("labs", {"solutions", "tests"}),
    ],
)
def test_a_folder_imports_only_what_it_may(folder: str, forbidden: set[str]) -> None:
    assert sources(folder)
    code = [path for path in sources(folder) if path not in LOAD_TESTS]
    assert {named(path): found for path in code if (found := packages(path) & forbidden)} == {}


def test_a_load_test_imports_only_locust_and_the_kits_users() -> None:
    assert LOAD_TESTS
    for path in LOAD_TESTS:
        assert packages(path) & (OUR_PACKAGES | PATCHES) <= {"gevent", "locust", "perflab"}
        assert modules(path) <= {"traffic"}


def test_solutions_never_mention_labs() -> None:
    assert [named(path) for path in sources("solutions") if re.search(r"\blabs\b", path.read_text())] == []


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_imports_the_kit_and_nothing_else_of_ours(notebook: Path) -> None:
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    found = {name.partition(".")[0] for cell in cells for name in imports(ast.parse("".join(cell["source"])))}
    assert found & {"perflab", "app", "labs", "solutions", "tests"} == {"perflab"}


# Names of modules in strings, where no import fails.

TEXTS = ["Makefile", "pyproject.toml", ".ci/run", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]


def mentions() -> Iterator[tuple[str, str]]:
    """Each module of ours that a text names, by its dotted name or its file, and where."""
    texts = [ROOT / name for name in TEXTS]
    for folder in ("app", "docs", "labs", "notebooks", "perflab", "solutions", "tests", "tools"):
        for ending in ("py", "toml", "md", "ipynb", "j2"):
            texts += (ROOT / folder).rglob(f"*.{ending}")
    for path in texts:
        text = path.read_text()
        for dotted in re.findall(r"\bperflab(?:\.[a-z_]+)+\b", text):
            yield dotted, named(path)
        for file in re.findall(r"\b(?:perflab|app|tools)/[a-z_/]+\.py\b", text):
            yield file, named(path)


def resolves(mention: str) -> bool:
    """Whether this names a module that exists, or a name that a module defines."""
    if mention.endswith(".py"):
        return (ROOT / mention).is_file()
    parts = mention.split(".")
    for end in (len(parts), len(parts) - 1):
        path = ROOT.joinpath(*parts[:end])
        if path.with_suffix(".py").is_file():
            source = path.with_suffix(".py").read_text()
            return all(re.search(rf"\b{name}\b", source) for name in parts[end:])
        if path.is_dir() and end == len(parts):
            return True
    return False


FAKE_NAMES = {
    "tests/test_layers.py",
    "tests/course/test_syllabus.py",
    "tests/bench/test_interference.py",
}  # toys, and files that a test plants


def test_every_mention_of_a_module_names_one_that_exists() -> None:
    found = set(mentions())
    assert len(found) > 50
    assert sorted((what, where) for what, where in found if where not in FAKE_NAMES and not resolves(what)) == []


def test_the_root_is_where_the_project_is_declared() -> None:
    assert (ROOT / "pyproject.toml").is_file()
    assert ROOT == ROOT
