"""Whether code that keeps something has anything in it that bounds what it keeps.

A bound of some thousands is not reached in the seconds for which a fix is watched. So the code is read first: what is
kept of each request is counted only where it keeps something, and has no word of what bounds a cache; or where one
collection is only ever filled.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

ADDS = ("append", "add", "setdefault", "update", "extend", "insert", "appendleft")
CACHES = ("cache", "lru_cache", "cached", "alru_cache")
# Parts of names: of a cache that may take long until it is full, and of all that evicts, or limits.
CACHE = re.compile("(?<![a-z])ttl|ttl(?![a-z])|lru|lfu|max_?size")
BOUNDS = re.compile(
    f"{CACHE.pattern}|pop(?!ul)|clear|evict|expir|weak|discard|remove(?!prefix|suffix)"
    "|maxlen|max_?(len|items|entries|keys)|capacity(?!limiter)"
)
PLAIN = ("dict", "list", "set", "deque", "Counter", "OrderedDict", "defaultdict")  # collections, made without a limit
LOOKS = ("get", "items", "keys", "values", "copy", "count", "index")  # methods that change nothing


def may_keep(fix: Path | None) -> bool:
    """Whether a fix's files keep something somewhere, and name nothing that evicts or limits.

    What cannot be read keeps nothing, nor does no fix at all.
    """
    files = [] if fix is None else sorted(fix.glob("*.py")) if fix.is_dir() else [fix]
    try:
        nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    except (OSError, SyntaxError, ValueError):  # the learner may go on writing in it
        return False
    if any(map(_keeps, nodes)) and not _bounded(nodes):
        return True
    fills_up = any(CACHE.search(name.lower()) for node in nodes for name in _names(node))
    return not fills_up and (bool(_only_filled(nodes)) or any(map(_endless, nodes)))


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


def _endless(node: ast.AST) -> bool:
    """Whether it is a function with a cache that has no limit, by what is written above the function."""
    above = node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    plain = (ast.unparse(one).rpartition(".")[2] for one in above)
    return any(name == "cache" for name in plain) or any(map(_is_told_none, above))


def _only_filled(nodes: Sequence[ast.AST]) -> set[str]:
    """The names of collections that live as long as the site, and of which all uses only add something, or look."""
    used: dict[str, list[tuple[ast.AST, ast.AST | None]]] = {}  # by name: the place, and what it is used in
    above = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute):
            used.setdefault(node.id if isinstance(node, ast.Name) else node.attr, []).append((node, above.get(node)))
    return {
        name
        for name, places in used.items()
        if sum(_makes(node, within, above) for node, within in places) == 1
        and all(_makes(node, within, above) or _looks(node, within) or _fills(node, within) for node, within in places)
        and any(_fills(node, within) for node, within in places)
    }


def _makes(node: ast.AST, within: ast.AST | None, above: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether a collection without a limit gets a name here, in a module or as an attribute."""
    if not isinstance(within, ast.Assign | ast.AnnAssign) or node is within.value or within.value is None:
        return False
    lasts = isinstance(node, ast.Attribute) or isinstance(above.get(within), ast.Module)
    match within.value:
        case ast.Dict() | ast.List() | ast.Set():
            return lasts
        case ast.Call(func=ast.Subscript(value=made), keywords=told) | ast.Call(func=made, keywords=told):
            plain = ast.unparse(made).rpartition(".")[2] in PLAIN
            return lasts and plain and not any(one.arg == "maxlen" for one in told)
    return False


def _looks(node: ast.AST, within: ast.AST | None) -> bool:
    """Whether a collection is only looked at."""
    match within:
        case ast.Subscript(value=value, ctx=ast.Load()):
            return value is node
        case ast.Attribute(attr=name):
            return name in LOOKS
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[one]):
            return one is node
    return False


def _fills(node: ast.AST, within: ast.AST | None) -> bool:
    """Whether something is added to a collection, and not put in the place of what it held as a whole."""
    match within:
        case ast.Subscript(value=value, ctx=ast.Store(), slice=key):
            return value is node and not isinstance(key, ast.Slice | ast.Constant)
        case ast.Attribute(attr=name):
            return name in ADDS
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
