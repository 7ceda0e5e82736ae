"""The three places that say what the course needs agree: pyproject.toml, requirements.lock and environment.yml."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()


class Pin(NamedTuple):
    name: str
    version: str
    marker: str  # as `packaging` spells it; "" for every machine


def pin(requirement: Requirement) -> Pin:
    (specifier,) = requirement.specifier
    assert specifier.operator == "==", f"{requirement} is not pinned"
    return Pin(canonicalize_name(requirement.name), specifier.version, str(requirement.marker or ""))


def direct() -> dict[str, Requirement]:
    """What pyproject.toml requires, by name: to use the course and to work on it."""
    texts = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return {canonicalize_name(one.name): one for one in map(Requirement, texts)}


def entries() -> list[str]:
    """The lock's entries, each on a line of its own, without the comments."""
    without_comments = re.sub(r"^\s*#.*\n", "", LOCK, flags=re.MULTILINE)
    return without_comments.replace("\\\n", " ").splitlines()


def locked() -> list[Pin]:
    return [pin(Requirement(entry.partition("--hash")[0])) for entry in entries() if entry.strip()]


@pytest.fixture(scope="module")
def environment() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "environment.yml").read_text())


@pytest.fixture(scope="module")
def by_pip(environment: dict[str, Any]) -> list[str]:
    (listed,) = (one["pip"] for one in environment["dependencies"] if isinstance(one, dict))
    return listed


# The lock.


@pytest.mark.parametrize("name", sorted(direct()))
def test_every_requirement_is_locked(name: str) -> None:
    assert name in {one.name for one in locked()}


def test_every_entry_is_pinned_and_has_its_hashes() -> None:
    assert len(locked()) > len(direct())
    assert [entry for entry in entries() if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)] == []


def test_no_entry_comes_from_an_address() -> None:
    assert re.findall(r"\S*https?://\S*", LOCK) == []


def test_a_package_locked_twice_is_locked_for_different_machines() -> None:
    places = [(one.name, one.marker) for one in locked()]
    assert sorted(places) == sorted(set(places))
    names = [one.name for one in locked()]
    assert [one for one in locked() if names.count(one.name) > 1 and not one.marker] == []


# What is imported is declared, and not installed by chance.

FOLDERS = ("app", "labs", "perflab", "solutions", "tests", "tools")
TEST_MODULES = {"cheats", "conftest", "exam", "patience", "printing", "sound", "test_rules", "toy"}


def imported() -> dict[str, str]:
    """The third-party modules that our code imports, each with a file that does."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                found |= {name.partition(".")[0]: path.relative_to(ROOT).as_posix() for name in names}
    ours = {*FOLDERS, *TEST_MODULES, *sys.stdlib_module_names}
    return {name: where for name, where in found.items() if name not in ours}


def test_every_package_imported_is_declared() -> None:
    distributions = packages_distributions()
    assert len(imported()) > 30
    undeclared = {
        name: where
        for name, where in imported().items()
        if not {canonicalize_name(one) for one in distributions.get(name, [name])} & set(direct())
    }
    assert undeclared == {}


# environment.yml, for those who use conda.


def test_conda_lists_every_requirement_and_the_course_itself(by_pip: list[str]) -> None:
    *requirements, course = by_pip
    assert course == "-e ."
    assert {canonicalize_name(Requirement(one).name) for one in requirements} == set(direct())


def test_conda_asks_for_the_same_extras(by_pip: list[str]) -> None:
    listed = {canonicalize_name(one.name): one.extras for one in map(Requirement, by_pip[:-1])}
    assert listed == {name: requirement.extras for name, requirement in direct().items()}


def test_conda_installs_the_locked_versions(by_pip: list[str]) -> None:
    assert [str(one) for one in map(pin, map(Requirement, by_pip[:-1])) if one not in locked()] == []


def test_conda_knows_where_python_and_pip_come_from(environment: dict[str, Any]) -> None:
    assert environment["name"] == PROJECT["project"]["name"]
    assert environment["channels"] == ["conda-forge"]
    assert "pip" in environment["dependencies"]


# Which Pythons.


def setting(name: str) -> tuple[int, int]:
    """A version from tools/bootstrap.py, which runs when imported."""
    text = (ROOT / "tools" / "bootstrap.py").read_text()
    (found,) = re.findall(rf"^{name} = \((\d+), (\d+)\)$", text, re.MULTILINE)
    return int(found[0]), int(found[1])


def test_every_file_asks_for_the_same_oldest_python() -> None:
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert PROJECT["tool"]["ruff"]["target-version"] == "py311"
    assert setting("OLDEST") == (3, 11)


def test_conda_takes_the_pythons_that_make_does(environment: dict[str, Any]) -> None:
    (python,) = (one for one in environment["dependencies"] if str(one).startswith("python"))
    range_of = SpecifierSet(python.removeprefix("python"))
    taken = [(3, minor) for minor in range(20) if f"3.{minor}" in range_of]
    assert (taken[0], taken[-1]) == (setting("OLDEST"), setting("NEWEST"))


# A codespace, and Binder: both set themselves up by make.

CONTAINER = (ROOT / ".devcontainer" / "devcontainer.json").read_text()
BINDER = ROOT / "binder"
SET_UP = CONTAINER + (BINDER / "postBuild").read_text()


def test_the_codespace_is_declared_in_json_with_comments() -> None:
    declared = json.loads(re.sub(r"^\s*//.*", "", CONTAINER, flags=re.MULTILINE))
    assert declared["onCreateCommand"].startswith("make ")


def test_binder_can_run_its_script() -> None:
    assert os.access(BINDER / "postBuild", os.X_OK)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([\w-]+)", SET_UP))))
def test_a_container_names_targets_that_exist(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_container_uses_the_environment_that_make_makes() -> None:
    (python,) = set(re.findall(r"\.venv[\w/.]*", SET_UP))
    assert f"PERFLAB := {python} -m perflab\n" in (ROOT / "Makefile").read_text()


def test_a_container_takes_a_python_that_make_does() -> None:
    named = re.findall(r"\bpython[:-](\d+)\.(\d+)", CONTAINER + (BINDER / "runtime.txt").read_text())
    assert len(named) == 2
    assert [one for one in named if not setting("OLDEST") <= tuple(map(int, one)) <= setting("NEWEST")] == []


def test_a_container_comes_from_a_public_registry_and_no_other_address() -> None:
    assert re.findall(r"https?://\S+", SET_UP) == []
    assert re.findall(r'"image": "([^/"]+)', CONTAINER) == ["mcr.microsoft.com"]
