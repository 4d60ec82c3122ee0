"""A parsed file: data that knows its place in the text, and what is wrong with the text itself."""

from __future__ import annotations

from typing import Any

import yaml

from mlcheck.document.yaml_nodes import Loader
from mlcheck.finding import Location
from mlcheck.records import field, record, replace

MAX_DEPTH = 200
"""Levels of nesting that are read; libyaml's own composer overflows the C stack some thousands of levels down."""

_MAX_PLACED = 500_000
"""Characters of JSON up to which values have lines: YAML takes seconds for a large array of numbers."""

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
        """Return the place of the value at `keys` (of its key, with `key=True`), or of its nearest parent.

        A list or mapping on lines of its own is found at its key.
        """
        pointer = to_pointer(keys)
        if self.anchor is not None:
            return replace(self.anchor, pointer=pointer)
        node, steps = self._node(), 0
        key_node: Any = None
        for step in keys:
            found = _child(node, step)
            if found is None:
                break
            key_node, node = found
            steps += 1
        if node is None:
            return Location(self.path, 1, 1, pointer)
        at_key = key_node is not None and ((key and steps == len(keys)) or _is_block(node))
        mark = key_node.start_mark if at_key else node.start_mark
        return Location(self.path, mark.line + 1, mark.column + 1, pointer)

    def embedded(self, *keys: Key) -> Document | None:
        """Return the JSON text that the string at `keys` holds as a document of its own, `None` if no string.

        Its locations are the line of the string in this file and a pointer into the JSON.
        """
        text = self.get(*keys)
        if not isinstance(text, str):
            return None
        place = replace(self.locate(*keys), pointer="")
        from mlcheck.document.json_text import parse_embedded_json  # noqa: PLC0415 - it builds on this module

        return parse_embedded_json(self.path, text, place)

    def add_defect(self, kind: str, message: str, place: Location) -> None:
        """Add something that is wrong with the text."""
        self.defects += (Defect(kind, message, place),)

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


def _is_block(node: Any) -> bool:
    """Tell whether a list or mapping stands on the lines below its key: a reader looks for it where the key is."""
    return isinstance(node, yaml.CollectionNode) and node.flow_style is False


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
