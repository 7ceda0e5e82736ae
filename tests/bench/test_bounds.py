"""What is read as a bound in a fix that keeps something of each request, and what is not."""

from pathlib import Path

import pytest

from perflab.bench.bounds import may_keep
from perflab.course import syllabus

KEEPS = "kept = {}\n\ndef page(id):\n    if id not in kept:\n        kept[id] = render(id)\n    return kept[id]\n"


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        pytest.param(KEEPS, True, id="a dict that only grows"),
        pytest.param("from functools import cache\n\n@cache\ndef page(id): ...\n", True, id="functools.cache"),
        pytest.param("@lru_cache(maxsize=None)\ndef page(id): ...\n", True, id="an LRU that forgets nothing"),
        pytest.param("from functools import lru_cache\n\n@lru_cache\ndef page(id): ...\n", False, id="an LRU"),
        pytest.param("kept.pop(id, None)\nkept = {}", False, id="takes out, or nothing"),
        pytest.param(f"{KEEPS}pages = Pages(maxsize=None)\n", True, id="told to have no limit"),
        pytest.param("pages = Pages(maxsize=64)\n", False, id="told a limit"),
        pytest.param("pages = cachetools.TTLCache(100, 60)\n", False, id="a library's cache"),
        pytest.param(f"{KEEPS}    if len(kept) > 100: stop()\n", False, id="a length is compared"),
        pytest.param(f"{KEEPS}\ndef forget(id):\n    del kept[id]\n", False, id="deletes"),
        pytest.param(f"{KEEPS}\ndef forget(id):\n    kept.pop(id, None)\n", False, id="takes out"),
        pytest.param(f"{KEEPS}pool = ProcessPoolExecutor(max_workers=2)\n", True, id="a limit of something else"),
        pytest.param(
            f"{KEEPS}\ndef name(text):\n    return text.removeprefix('a')\n", True, id="a word that only looks so"
        ),
        pytest.param(f"{KEEPS}\nthrottle = Throttle(popular)\n", True, id="words that have one within"),
        pytest.param(f"{KEEPS}\ntasks = set()\ntasks.discard(1)\n", True, id="takes out of another one"),
        pytest.param(f"{KEEPS}\nseen = LRUCache(9999)\n", False, id="beside a cache that takes long to fill"),
        pytest.param(f"{KEEPS}\nseen = deque(maxlen=9)\n", True, id="a limit of another one"),
        pytest.param(f"{KEEPS}\nshorten(kept, maxlen=9)\n", False, id="given to what may shorten it"),
        pytest.param(
            f"{KEEPS}\ndef forget():\n    global kept\n    kept = {{}}\ntasks.pop()\n", False, id="begun anew"
        ),
        pytest.param("app.state.kept = dict[int, str]()\napp.state.kept[id] = 1\ntasks.pop()\n", True, id="of the app"),
        pytest.param("def page(id):\n    kept = {}\n    kept[id] = 1\ntasks.pop()\n", False, id="of one request"),
        pytest.param("@cache\ndef page(id): ...\nkept.pop()\n", True, id="a cache without a limit, beside one with"),
        pytest.param("def page(id): return render(id)\n", False, id="keeps nothing"),
        pytest.param("def half of it\n", False, id="cannot be read"),
    ],
)
def test_what_may_be_kept_without_a_bound_is_known_by_its_words(tmp_path: Path, code: str, kept: bool) -> None:
    (tmp_path / "fix.py").write_text(code)
    assert may_keep(tmp_path / "fix.py") is kept
    assert may_keep(tmp_path) is kept


def test_no_fix_keeps_nothing() -> None:
    assert not may_keep(None)


def test_our_bounded_caches_are_known_as_such() -> None:
    for name in ("unbounded_cache", "production"):
        lab = syllabus.load().by_name(name)
        assert not any(may_keep(one) for one in [lab.fix("reference"), *lab.others()])
