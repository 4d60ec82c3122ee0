"""YAML read the way MLflow reads it, with what is wrong in it as defects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import yaml

from mlcheck.document.decoding import CONFLICT, conflict_place, decode, first_line
from mlcheck.document.document import MAX_DEPTH, Defect, Document
from mlcheck.document.yaml_nodes import Loader, construct_plain
from mlcheck.finding import Location

MAX_NODES = 1_000_000
"""Values that a document may hold with all aliases written out; YAML's "billion laughs" has far more."""

_SUSPICIOUS = 1000


def parse_yaml(path: str, raw: bytes) -> Document:
    """Parse a YAML file the way MLflow does (`yaml.safe_load`); never raises."""
    text, defects = decode(path, raw)
    if text is None:
        return Document(path, "", None, defects)
    document = Document(path, text, None, defects)
    try:
        _read_yaml(document)
    except RecursionError:
        document.add_defect("too-deep", "the document is nested too deeply to be read", Location(path, 1, 1))
    except yaml.MarkedYAMLError as error:
        conflict = conflict_place(path, text)
        explained = _explain_yaml_error(path, error) if conflict is None else ("syntax", CONFLICT, conflict)
        document.add_defect(*explained)
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        document.add_defect("syntax", f"not YAML: {first_line(str(error))}", _error_place(path, text, error))
    return document


def parse_common_yaml(path: str, raw: bytes) -> Document:
    """Parse a YAML file that other folders may have too: a document of the same bytes is the same object."""
    return _parse_common_yaml(path, raw) if len(raw) <= _COMMON else parse_yaml(path, raw)


_COMMON = 4096  # bytes


@lru_cache(maxsize=128)
def _parse_common_yaml(path: str, raw: bytes) -> Document:
    return parse_yaml(path, raw)


def _read_yaml(document: Document) -> None:
    if _too_deep(document.text):
        raise RecursionError
    loader = Loader(document.text)
    try:
        root = loader.get_single_node()
        if root is None:
            document.add_defect("empty", "the file is empty", Location(document.path, 1, 1))
            return
        # Without an alias the document is as large as its text. (`*` may mean other things: then it is counted.)
        if "*" in document.text and _expanded_size(root) > MAX_NODES:
            place = _place(document.path, root.start_mark)
            message = f"aliases make the document larger than {MAX_NODES:,} values"
            document.add_defect("alias-bomb", message, place)
            return
        document._root = root  # noqa: SLF001
        document.data = _construct(document, loader, root)
    finally:
        loader.dispose()


def _construct(document: Document, loader: Any, root: Any) -> object:
    if "&" not in document.text:
        with suppress(Exception):  # whatever it is, PyYAML's own way says it better
            return construct_plain(loader, root)
    # Before construction, which writes merged keys (`<<`) into the mappings.
    document.defects += tuple(_duplicate_keys(document.path, root))
    return loader.construct_document(root)


def _too_deep(text: str) -> bool:
    """Tell whether YAML is nested deeper than can be composed safely; texts that cannot be pass without a scan."""
    if len(text) < _SUSPICIOUS:
        return False
    brackets = text.count("[") + text.count("{")
    # Block nesting needs a column for each level, so a short run of blanks, dashes and marks ends the doubt.
    if brackets < _SUSPICIOUS and not re.search(rf"^[ \-?:\t]{{{_SUSPICIOUS}}}", text, re.MULTILINE):
        return False
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return False


def _expanded_size(root: Any) -> int:
    """Count the values of a node tree with every alias written out; a cycle counts as endless."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes.get(id(child), 0) for child in _children(node))
        elif id(node) in open_nodes:
            return MAX_NODES + 1
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            stack.append((node, True))
            for child in _children(node):
                if id(child) in open_nodes:
                    return MAX_NODES + 1
                if id(child) not in sizes:
                    stack.append((child, False))
    return sizes[id(root)]


def _children(node: Any) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _duplicate_keys(path: str, root: Any) -> Iterator[Defect]:
    seen_nodes: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, yaml.ScalarNode) or id(node) in seen_nodes:
            continue
        seen_nodes.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if len(set(keys)) < len(keys):
                yield from _duplicates_in(path, node)
        stack.extend(_children(node))


def _duplicates_in(path: str, node: Any) -> Iterator[Defect]:
    first: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        name = (key.tag, key.value)
        if name in first:
            message = f"key {key.value!r} stands here and on line {first[name]}: only the last one counts"
            yield Defect("duplicate-key", message, _place(path, key.start_mark))
        first.setdefault(name, key.start_mark.line + 1)


def _explain_yaml_error(path: str, error: yaml.MarkedYAMLError) -> tuple[str, str, Location]:
    mark = error.problem_mark or error.context_mark
    place = _place(path, mark) if mark is not None else Location(path, 1, 1)
    problem = error.problem or first_line(str(error))
    if "could not determine a constructor for the tag" in problem:
        tag = problem.split("'")[1] if "'" in problem else problem
        return "tag", f"tag {tag!r} is not plain YAML: MLflow reads with yaml.safe_load, which refuses it", place
    if "expected a single document" in str(error.context or ""):
        return "multiple-documents", "more than one YAML document in the file: MLflow reads only one", place
    if "unhashable key" in problem:
        return "unhashable-key", "a list or mapping is used as a key", place
    return "syntax", f"not YAML: {problem}", place


def _error_place(path: str, text: str, error: Exception) -> Location:
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return Location(path, 1, 1)
    before = text[:position]
    return Location(path, before.count("\n") + 1, position - before.rfind("\n"))


def _place(path: str, mark: Any) -> Location:
    return Location(path, mark.line + 1, mark.column + 1)
