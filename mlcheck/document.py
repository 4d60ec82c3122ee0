"""YAML and JSON files read into data that knows its place in the text; what cannot be read becomes a defect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import yaml

from mlcheck.finding import Location
from mlcheck.records import field, record, replace
from mlcheck.yaml_nodes import Loader, construct_plain

MAX_BYTES = 16 * 1024 * 1024
"""Larger files are not parsed: no metadata file of a real model comes near."""

MAX_NODES = 1_000_000
"""Values that a document may hold with all aliases written out; YAML's "billion laughs" has far more."""

MAX_DEPTH = 200
"""Levels of nesting that are read; libyaml's own composer overflows the C stack some thousands of levels down."""

_MAX_PLACED = 500_000
"""Characters of JSON up to which values have lines: YAML takes seconds for a large array of numbers."""

_SUSPICIOUS = 1000

Key = str | int


@record(frozen=True, slots=True)
class Defect:
    """Something wrong with the text itself.

    `kind` is one of `syntax`, `encoding`, `bom`, `duplicate-key`, `tag`, `alias-bomb`, `empty`, `too-large`,
    `non-finite`, `multiple-documents`, `too-deep`, `unhashable-key`. After `syntax`, `encoding`, `tag`,
    `alias-bomb`, `empty`, `too-large`, `multiple-documents`, `too-deep` and `unhashable-key` there is no data.
    """

    kind: str
    message: str
    location: Location


@record(slots=True)
class Document:
    """A parsed file: its `data` (`None` when it could not be read), and where each value stands."""

    path: str
    text: str
    data: object = None
    defects: tuple[Defect, ...] = ()
    language: str = "yaml"
    anchor: Location | None = None
    _root: Any = field(default=None, repr=False)

    @property
    def readable(self) -> bool:
        """Whether the text could be parsed, whatever it holds."""
        return not any(defect.kind in _FATAL for defect in self.defects)

    def locate(self, *keys: object, key: bool = False) -> Location:
        """Return the place of the value at `keys` (of its key, with `key=True`), or of its nearest parent."""
        pointer = to_pointer(keys)
        if self.anchor is not None:
            return replace(self.anchor, pointer=pointer)
        node = self._node()
        mark = node.start_mark if node is not None else None
        for depth, step in enumerate(keys):
            found = _child(node, step)
            if found is None:
                break
            key_node, node = found
            wanted = key_node if key and depth == len(keys) - 1 and key_node is not None else node
            mark = wanted.start_mark
        if mark is None:
            return Location(self.path, 1, 1, pointer)
        return Location(self.path, mark.line + 1, mark.column + 1, pointer)

    def embedded(self, *keys: Key) -> Document | None:
        """Return the JSON text that the string at `keys` holds as a document of its own, `None` if no string.

        Its locations are the line of the string in this file and a pointer into the JSON.
        """
        text = self.get(*keys)
        if not isinstance(text, str):
            return None
        place = replace(self.locate(*keys), pointer="")
        parse = _parse_common_json if len(text) <= _COMMON else _parse_json_text
        return parse(self.path, text, place)

    def get(self, *keys: Key) -> object:
        """Return the value at `keys`, `None` where there is none."""
        value = self.data
        for step in keys:
            value = _step_into(value, step)
        return value

    def excerpt(self, key: str) -> tuple[int, int, str] | None:
        """Return line, column (from 0) and text of the value of a key of a YAML mapping: all that it is made of.

        The text is empty where there is no such key. `None`: it is made of more, such as an alias, or cannot be told.
        """
        if not isinstance(self.data, dict):
            return None
        found = _child(self._root, key)
        if found is None:
            return 0, 0, ""
        start, end = found[1].start_mark, found[1].end_mark
        text = self.text[start.index : end.index]
        # With aliases a value stands elsewhere; libyaml passes over byte order marks without counting them.
        return None if "*" in text or "&" in self.text or "\ufeff" in self.text else (start.line, start.column, text)

    def _node(self) -> Any:
        # JSON positions are wanted only when something is wrong: YAML reads nearly all JSON, with marks.
        if self._root is None and self.language == "json" and self.readable and len(self.text) <= _MAX_PLACED:
            try:
                self._root = yaml.compose(self.text, Loader=Loader)
            except (yaml.YAMLError, RecursionError, ValueError):
                return None
        return self._root


_FATAL = frozenset(
    {
        "syntax",
        "encoding",
        "tag",
        "alias-bomb",
        "empty",
        "too-large",
        "multiple-documents",
        "too-deep",
        "unhashable-key",
    }
)


def _step_into(value: object, step: Key) -> object:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return value[step]
    return None


def to_pointer(keys: tuple[object, ...]) -> str:
    """Return the RFC 6901 JSON pointer of a path of keys and indices."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def parse_yaml(path: str, raw: bytes) -> Document:
    """Parse a YAML file the way MLflow does (`yaml.safe_load`); never raises."""
    text, defects = _decode(path, raw)
    if text is None:
        return Document(path, "", None, defects)
    document = Document(path, text, None, defects)
    try:
        _read_yaml(document)
    except RecursionError:
        _add_defect(document, "too-deep", "the document is nested too deeply to be read", Location(path, 1, 1))
    except yaml.MarkedYAMLError as error:
        _add_defect(document, *_explain_yaml_error(path, error))
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        _add_defect(document, "syntax", f"not YAML: {_first_line(str(error))}", _error_place(path, text, error))
    return document


def parse_common_yaml(path: str, raw: bytes) -> Document:
    """Parse a YAML file that other folders may have too: a document of the same bytes is the same object."""
    return _parse_common_yaml(path, raw) if len(raw) <= _COMMON else parse_yaml(path, raw)


_COMMON = 4096  # bytes


@lru_cache(maxsize=128)
def _parse_common_yaml(path: str, raw: bytes) -> Document:
    return parse_yaml(path, raw)


@lru_cache(maxsize=256)
def _parse_common_json(path: str, text: str, anchor: Location) -> Document:
    return _parse_json_text(path, text, anchor)


def parse_json(path: str, raw: bytes) -> Document:
    """Parse a JSON file; `NaN`, `Infinity` and repeated keys are defects that leave the data; never raises."""
    text, defects = _decode(path, raw)
    if text is None:
        return Document(path, "", None, defects, language="json")
    document = _parse_json_text(path, text, anchor=None)
    document.defects = defects + document.defects
    return document


def _decode(path: str, raw: bytes) -> tuple[str | None, tuple[Defect, ...]]:
    start = Location(path, 1, 1)
    if len(raw) > MAX_BYTES:
        size = f"{len(raw):,} bytes"
        return None, (Defect("too-large", f"the file has {size}, too large for a metadata file", start),)
    for bom, codec in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if raw.startswith(bom):
            return _decode_with_bom(raw, codec, start)
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        place = Location(path, line, column)
        return None, (Defect("encoding", f"not UTF-8: byte 0x{raw[error.start]:02x}", place),)


def _decode_with_bom(raw: bytes, codec: str, start: Location) -> tuple[str | None, tuple[Defect, ...]]:
    name = "UTF-8" if codec == "utf-8-sig" else "UTF-16"
    defect = Defect("bom", f"the file starts with a {name} byte order mark", start)
    try:
        return raw.decode(codec), (defect,)
    except UnicodeDecodeError:
        return None, (defect, Defect("encoding", f"the file has a {name} mark but is not {name}", start))


def _read_yaml(document: Document) -> None:
    if _too_deep(document.text):
        raise RecursionError
    loader = Loader(document.text)
    try:
        root = loader.get_single_node()
        if root is None:
            _add_defect(document, "empty", "the file is empty", Location(document.path, 1, 1))
            return
        # Without an alias the document is as large as its text. (`*` may mean other things: then it is counted.)
        if "*" in document.text and _expanded_size(root) > MAX_NODES:
            place = _place(document.path, root.start_mark)
            message = f"aliases make the document larger than {MAX_NODES:,} values"
            _add_defect(document, "alias-bomb", message, place)
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


def _json_depth_exceeded(data: object) -> bool:
    level: list[object] = [data]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for value in level
            if isinstance(value, (dict, list))
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


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
    problem = error.problem or _first_line(str(error))
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


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "unknown error"


def _add_defect(document: Document, kind: str, message: str, place: Location) -> None:
    document.defects += (Defect(kind, message, place),)


def _child(node: Any, step: object) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        name, found = str(step), None
        for pair in node.value:
            if pair[0].value == name and isinstance(pair[0], yaml.ScalarNode):
                found = pair
        return found
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return None, node.value[step]
    return None


@record(slots=True)
class _JsonReader:
    """Collects what `json` itself would let pass."""

    duplicates: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)

    def pairs(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(pairs)
        if len(result) < len(pairs):
            names = [name for name, _ in pairs]
            self.duplicates += sorted({name for name in names if names.count(name) > 1})
        return result

    def constant(self, text: str) -> float:
        self.constants.append(text)
        return float(text.replace("Infinity", "inf"))


def _parse_json_text(path: str, text: str, anchor: Location | None) -> Document:
    document = Document(path, text, language="json", anchor=anchor)
    reader = _JsonReader()
    try:
        data = json.loads(text, object_pairs_hook=reader.pairs, parse_constant=reader.constant)
        if _json_depth_exceeded(data):
            raise RecursionError
        document.data = data
    except RecursionError:
        _add_defect(document, "too-deep", "the document is nested too deeply to be read", _start(document))
    except json.JSONDecodeError as error:
        _add_json_error(document, error)
    except ValueError as error:
        _add_defect(document, "syntax", f"not JSON: {_first_line(str(error))}", _start(document))
    for name in reader.duplicates:
        place = anchor or _find_text(path, text, json.dumps(name), last=True)
        _add_defect(document, "duplicate-key", f"key {name!r} stands twice: only the last one counts", place)
    for constant in sorted(set(reader.constants)):
        place = anchor or _find_text(path, text, constant)
        _add_defect(document, "non-finite", f"{constant} is not JSON", place)
    return document


def _add_json_error(document: Document, error: json.JSONDecodeError) -> None:
    if not document.text.strip():
        what = "the text is empty" if document.anchor else "the file is empty"
        _add_defect(document, "empty", what, _start(document))
        return
    place = document.anchor or Location(document.path, error.lineno, error.colno)
    where = f" at character {error.pos + 1}" if document.anchor else ""
    what = _lower_first(error.msg.removesuffix(" starting at"))
    _add_defect(document, "syntax", f"not JSON: {what}{where}", place)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _start(document: Document) -> Location:
    return document.anchor or Location(document.path, 1, 1)


def _find_text(path: str, text: str, wanted: str, *, last: bool = False) -> Location:
    position = text.rfind(wanted) if last else text.find(wanted)
    if position < 0:
        return Location(path, 1, 1)
    return Location(path, text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))
