"""Whether code that keeps something has anything in it that bounds what it keeps.

A bound of some thousands is not reached in the seconds for which a fix is watched. So the code is read first: what is
kept of each request is counted only where it keeps something, and has no word of what bounds a cache.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

ADDS = ("append", "add", "setdefault", "update", "extend", "insert", "appendleft")
CACHES = ("cache", "lru_cache", "cached", "alru_cache")
# Parts of names: what evicts, or limits.
BOUNDS = re.compile(
    "pop|clear|evict|expir|ttl|lru|lfu|weak|discard|remove|max_?size|maxlen|max_?(len|items|entries|keys)|capacity"
)


def may_keep(fix: Path | None) -> bool:
    """Whether a fix's files keep something somewhere, and name nothing that evicts or limits.

    What cannot be read keeps nothing, nor does no fix at all.
    """
    files = [] if fix is None else sorted(fix.glob("*.py")) if fix.is_dir() else [fix]
    try:
        nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    except (OSError, SyntaxError, ValueError):  # the learner may go on writing in it
        return False
    return any(map(_keeps, nodes)) and not _bounded(nodes)


def _keeps(node: ast.AST) -> bool:
    """Whether it may put something where it stays: under a key, in a collection, in a cache."""
    match node:
        case ast.Subscript(ctx=ast.Store()):
            return True
        case ast.Attribute(attr=name):
            return name in ADDS or name in CACHES
        case ast.Name(id=name):
            return name in CACHES
    return False


def _bounded(nodes: Sequence[ast.AST]) -> bool:
    """Whether something among these evicts or limits, deletes, or compares a length."""
    unlimited = {id(part) for node in nodes if _is_told_none(node) for part in ast.walk(node.func)}
    named = (name for node in nodes if id(node) not in unlimited for name in _names(node))
    return any(BOUNDS.search(name.lower()) for name in named) or any(
        isinstance(node, ast.Delete) or (isinstance(node, ast.Compare) and _compares_length(node)) for node in nodes
    )


def _is_told_none(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it makes a cache, with None for an argument, as `lru_cache(None)` does: that sets no limit."""
    if not (isinstance(node, ast.Call) and "cache" in ast.unparse(node.func).lower()):
        return False
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return any(map(_is_none, given))


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _compares_length(node: ast.Compare) -> bool:
    called = [side.func for side in (node.left, *node.comparators) if isinstance(side, ast.Call)]
    return any(isinstance(one, ast.Name) and one.id == "len" for one in called)


def _names(node: ast.AST) -> Iterator[str]:
    """The names in a node itself. What is only imported bounds nothing, nor does a keyword that is None."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.keyword(arg=str(name), value=value) if not _is_none(value):
            yield name
