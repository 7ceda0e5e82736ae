"""What is read as a bound in a fix that keeps something of each request, and what is not."""

from pathlib import Path

import pytest

from perflab.bench.bounds import has_bound
from perflab.course import syllabus

KEEPS = "kept = {}\n\ndef page(id):\n    if id not in kept:\n        kept[id] = render(id)\n    return kept[id]\n"


@pytest.mark.parametrize(
    ("code", "bounded"),
    [
        pytest.param(KEEPS, False, id="a dict that only grows"),
        pytest.param("from functools import cache\n\n@cache\ndef page(id): ...\n", False, id="functools.cache"),
        pytest.param("@lru_cache(maxsize=None)\ndef page(id): ...\n", False, id="an LRU that forgets nothing"),
        pytest.param("from functools import lru_cache\n\n@lru_cache\ndef page(id): ...\n", True, id="an LRU"),
        pytest.param("kept.pop(id, None)\nkept = {}", True, id="takes out, or nothing"),
        pytest.param("pages = Pages(maxsize=None)\n", False, id="told to have no limit"),
        pytest.param("pages = Pages(maxsize=64)\n", True, id="told a limit"),
        pytest.param("pages = cachetools.TTLCache(100, 60)\n", True, id="a library's cache"),
        pytest.param(f"{KEEPS}    if len(kept) > 100: stop()\n", True, id="a length is compared"),
        pytest.param(f"{KEEPS}\ndef forget(id):\n    del kept[id]\n", True, id="deletes"),
        pytest.param(f"{KEEPS}\ndef forget(id):\n    kept.pop(id, None)\n", True, id="takes out"),
        pytest.param("pool = ProcessPoolExecutor(max_workers=2)\n", False, id="a limit of something else"),
        pytest.param("def half of it\n", True, id="cannot be read"),
    ],
)
def test_a_bound_is_known_by_its_words(tmp_path: Path, code: str, bounded: bool) -> None:
    (tmp_path / "fix.py").write_text(code)
    assert has_bound(tmp_path / "fix.py") is bounded
    assert has_bound(tmp_path) is bounded


def test_no_fix_needs_no_bound() -> None:
    assert has_bound(None)


def test_our_bounded_caches_are_known_as_such() -> None:
    for name in ("unbounded_cache", "production"):
        lab = syllabus.load().by_name(name)
        assert has_bound(lab.fix("reference"))
        assert all(has_bound(one) for one in lab.others())
