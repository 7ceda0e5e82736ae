"""Stacks as profilers write them, parsed into functions of ours and of libraries."""

import os
import subprocess
import sys
import sysconfig

import pytest

from perflab.bench.profiler import collapsed, frame
from perflab.course.lab import ROOT
from perflab.measure.samples import Frame

STDLIB = sysconfig.get_path("stdlib")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"posts ({ROOT}/app/parts/hot_path.py)", Frame("posts", "app/parts/hot_path.py", True)),
        (f"posts ({ROOT}/labs/05_hot_path/fix.py)", Frame("posts", "labs/05_hot_path/fix.py", True)),
        ("posts (/elsewhere/fix.py)", Frame("posts", "fix.py", True)),
        (f"serve ({ROOT}/app/server.py)", Frame("serve", "app/server.py", False)),
        (
            f"get.<locals>.app ({ROOT}/.venv/lib/python3/site-packages/fastapi/routing.py)",
            Frame("get.<locals>.app", "fastapi/routing.py", False),
        ),
        (f"is_dataclass ({STDLIB}/dataclasses.py)", Frame("is_dataclass", "dataclasses.py", False)),
        ("_run_code (<frozen runpy>)", Frame("_run_code", "<frozen runpy>", False)),
        (f"<module> ({ROOT}/app/parts/hot_path.py)", Frame("<module>", "app/parts/hot_path.py", True)),
        ('process 12:"python (x.py)"', None),
        ("nothing to read", None),
    ],
)
def test_a_frame_is_ours_or_a_librarys_and_has_a_place(text: str, read: Frame | None) -> None:
    assert frame(text) == read


@pytest.mark.parametrize("name", ["tag.<locals>.<genexpr>", "tag.<locals>.<listcomp>.<listcomp>", "tag"])
def test_a_comprehension_counts_as_the_function_it_is_in(name: str) -> None:
    found = frame(f"{name} ({ROOT}/app/parts/hot_path.py)")
    assert found and found.function == "tag"


def test_a_comprehension_of_no_known_function_counts_as_its_caller() -> None:
    place = f"({ROOT}/app/parts/hot_path.py)"
    assert collapsed([f"tag {place};<genexpr> {place} 3"]) == {(Frame("tag", "app/parts/hot_path.py", True),): 3}


def test_recursion_counts_once_and_equal_stacks_are_added() -> None:
    place = f"({STDLIB}/json/encoder.py)"
    lines = [f"encode {place};encode {place} 2", f"encode {place} 5", "", "no count"]
    assert collapsed(lines) == {(Frame("encode", "json/encoder.py", False),): 7}


@pytest.mark.parametrize(("wanted", "shown"), [("", False), ("1", True)])
def test_a_site_shows_its_stacks_only_on_request(wanted: str, shown: bool) -> None:
    ask = "from app.asgi import app; print('/profile' in app.openapi()['paths'])"
    env = {**os.environ, "APP_PROFILE": wanted, "APP_PART": "blocked_loop", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(shown)
