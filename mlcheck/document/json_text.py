"""JSON read with what is wrong in it as defects: files, and texts inside of other documents."""

from __future__ import annotations

import json
from functools import lru_cache

from mlcheck.document.decoding import CONFLICT, conflict_place, decode, first_line
from mlcheck.document.document import MAX_DEPTH, Document
from mlcheck.finding import Location
from mlcheck.records import field, record

_COMMON = 4096
"""Characters of a text up to which it is kept: signatures of many models are the same."""


def parse_json(path: str, raw: bytes) -> Document:
    """Parse a JSON file; `NaN`, `Infinity` and repeated keys are defects that leave the data; never raises."""
    text, defects = decode(path, raw)
    if text is None:
        return Document(path, "", None, defects, language="json")
    document = _parse_json_text(path, text, anchor=None)
    document.defects = defects + document.defects
    return document


def parse_embedded_json(path: str, text: str, anchor: Location) -> Document:
    """Parse JSON that stands in another document, at `anchor`; never raises."""
    parse = _parse_common_json if len(text) <= _COMMON else _parse_json_text
    return parse(path, text, anchor)


@lru_cache(maxsize=256)
def _parse_common_json(path: str, text: str, anchor: Location) -> Document:
    return _parse_json_text(path, text, anchor)


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
        document.add_defect("too-deep", "the document is nested too deeply to be read", _start(document))
    except json.JSONDecodeError as error:
        _add_json_error(document, error)
    except ValueError as error:
        document.add_defect("syntax", f"not JSON: {first_line(str(error))}", _start(document))
    for name in reader.duplicates:
        place = anchor or _find_text(path, text, json.dumps(name), last=True)
        document.add_defect("duplicate-key", f"key {name!r} stands twice: only the last one counts", place)
    for constant in sorted(set(reader.constants)):
        place = anchor or _find_text(path, text, constant)
        document.add_defect("non-finite", f"{constant} is not JSON", place)
    return document


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


def _add_json_error(document: Document, error: json.JSONDecodeError) -> None:
    if not document.text.strip():
        what = "the text is empty" if document.anchor else "the file is empty"
        document.add_defect("empty", what, _start(document))
        return
    conflict = conflict_place(document.path, document.text) if document.anchor is None else None
    if conflict is not None:
        document.add_defect("syntax", CONFLICT, conflict)
        return
    place = document.anchor or Location(document.path, error.lineno, error.colno)
    where = f" at character {error.pos + 1}" if document.anchor else ""
    what = _lower_first(error.msg.removesuffix(" starting at"))
    document.add_defect("syntax", f"not JSON: {what}{where}", place)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _start(document: Document) -> Location:
    return document.anchor or Location(document.path, 1, 1)


def _find_text(path: str, text: str, wanted: str, *, last: bool = False) -> Location:
    position = text.rfind(wanted) if last else text.find(wanted)
    if position < 0:
        return Location(path, 1, 1)
    return Location(path, text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))
