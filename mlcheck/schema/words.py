"""What is wrong with a value and what would be right: a message for each keyword that the schemas use."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mlcheck.document import Document, to_pointer
from mlcheck.finding import Location
from mlcheck.records import record, replace
from mlcheck.schema.engines import Fault
from mlcheck.schema.values import describe, join_or, literal, name_kinds, nearest, shorten, step
from mlcheck.schema.violation import Violation


@record(frozen=True, slots=True)
class _Reader:
    """A fault together with the document it was found in."""

    fault: Fault
    document: Document
    name: str

    @property
    def json(self) -> bool:
        return self.document.language == "json"

    @property
    def where(self) -> str:
        """The value as a path in dots and brackets: `flavors.python_function.env`, `inputs[0].type`."""
        path = self.name + "".join(map(step, self.fault.keys))
        return path.lstrip(".") or self.document.path

    def violation(
        self,
        message: str,
        hint: str = "",
        *,
        place: Location | None = None,
        subject: object = None,
        keys: tuple[str | int, ...] | None = None,
    ) -> Violation:
        keys = self.fault.keys if keys is None else keys
        names = [key for key in keys if isinstance(key, str)]
        about = str(subject) if subject is not None else (names[-1] if names else "")
        location = place or self.document.locate(*keys)
        return Violation(self.fault.keyword, message, keys, location, hint, about, self.fault.schema_path)


def explain(fault: Fault, document: Document, name: str) -> Iterator[Violation]:
    """Yield the fault as violations: one for each key that it is about."""
    reader = _Reader(fault, document, name)
    if fault.of_key:
        yield _explain_key(reader)
    else:
        yield from _EXPLANATIONS.get(fault.keyword, _explain_anything)(reader)


def _explain_type(reader: _Reader) -> Iterator[Violation]:
    wanted, value = reader.fault.wanted, reader.fault.value
    kinds = [wanted] if isinstance(wanted, str) else list(wanted)
    right = name_kinds(kinds, json_words=reader.json)
    hint = _quoting_hint(reader) if set(kinds) <= {"string", "null"} else ""
    message = f"{reader.where} must be {right}, is {describe(value, json_words=reader.json)}"
    yield reader.violation(message, hint or _example_hint(reader, reader.fault.schema))


def _quoting_hint(reader: _Reader) -> str:
    """Return how to write a value that YAML took for a number, a date or a boolean, as it stands in the file."""
    value = reader.fault.value
    if value is None or isinstance(value, (dict, list, set, bytes)) or reader.json:
        return ""
    place = reader.document.locate(*reader.fault.keys)
    lines = _split_lines(reader.document.text)
    if place.line is None or place.column is None or place.line > len(lines):
        return ""
    written = _PLAIN_SCALAR.match(lines[place.line - 1][place.column - 1 :])
    return f"put it in quotes: {written.group().strip()!r}" if written else "put it in quotes"


@functools.lru_cache(maxsize=2)  # one document may have thousands of such values
def _split_lines(text: str) -> list[str]:
    return text.splitlines()


_PLAIN_SCALAR = re.compile(r"[^#,\[\]{}\"'&*!|>]+")


def _explain_enum(reader: _Reader) -> Iterator[Violation]:
    choices = reader.fault.wanted if reader.fault.keyword == "enum" else [reader.fault.wanted]
    value = reader.fault.value
    found = shorten(value) if isinstance(value, (dict, list)) else describe(value)
    right = join_or([literal(choice) for choice in choices])
    near = nearest(value, [choice for choice in choices if isinstance(choice, str)])
    hint = f"did you mean {near!r}?" if near else ""
    if len(choices) > _MANY:
        message = f"{reader.where} is {found}, which is not one of the known values"
        hint = f"{hint} known are {right}".strip()
    else:
        message = f"{reader.where} is {found}, must be {right}"
    yield reader.violation(message, hint)


_MANY = 5


def _explain_required(reader: _Reader) -> Iterator[Violation]:
    mapping, schema, keys = _mapping_of(reader), reader.fault.schema, reader.fault.keys
    known = schema.get("properties", {})
    strangers = [key for key in mapping if key not in known]
    for key in reader.fault.wanted:
        if key in mapping:
            continue
        near = nearest(key, strangers)
        place = reader.document.locate(*keys, near, key=True) if near else reader.document.locate(*keys, key=True)
        hint = f"did you mean {key!r} instead of {near!r}?" if near else _example_hint(reader, known.get(key, {}))
        place = replace(place, pointer=to_pointer(keys))
        yield reader.violation(f"{reader.where} has no key {key!r}", hint, place=place, subject=key)


def _explain_unknown_key(reader: _Reader) -> Iterator[Violation]:
    mapping, known = _mapping_of(reader), list(reader.fault.schema.get("properties", {}))
    missing = [key for key in reader.fault.schema.get("required", []) if key not in mapping]
    for key in mapping:
        if key in known or nearest(key, missing):  # the latter is told as the missing key
            continue
        near = nearest(key, [name for name in known if name not in mapping])
        hint = f"did you mean {near!r}?" if near else "known keys are " + ", ".join(map(repr, known))
        keys = (*reader.fault.keys, key)
        place = reader.document.locate(*keys, key=True)
        message = f"{reader.where} has an unknown key {shorten(key)}"
        yield reader.violation(message, hint, place=place, subject=key, keys=keys)


def _mapping_of(reader: _Reader) -> Mapping[Any, object]:
    assert isinstance(reader.fault.value, dict)
    return reader.fault.value


def _explain_key(reader: _Reader) -> Violation:
    key = reader.fault.value
    place = reader.document.locate(*reader.fault.keys, key, key=True)
    message = f"{reader.where} has a key that is not text: {describe(key)}"
    return reader.violation(message, "keys must be text: put it in quotes", place=place, subject=key)


def _explain_empty(reader: _Reader) -> Iterator[Violation]:
    yield reader.violation(f"{reader.where} must not be empty", _example_hint(reader, reader.fault.schema))


def _explain_minimum(reader: _Reader) -> Iterator[Violation]:
    yield reader.violation(f"{reader.where} must be {reader.fault.wanted} or more, is {shorten(reader.fault.value)}")


def _explain_depth(reader: _Reader) -> Iterator[Violation]:
    yield reader.violation(f"{reader.where} has a fault but is nested too deeply to say where")


def _example_hint(reader: _Reader, schema: Mapping[str, Any]) -> str:
    """Return what belongs there, by the title and the first example of its schema, if that is short."""
    examples = schema.get("examples", [])
    example = literal(examples[0], json_text=reader.json) if examples else ""
    return f"{schema.get('title', 'write')}, for example {example}" if 0 < len(example) <= _LONGEST_EXAMPLE else ""


_LONGEST_EXAMPLE = 100


def _explain_anything(reader: _Reader) -> Iterator[Violation]:
    value = describe(reader.fault.value, json_words=reader.json)
    message = f"{reader.where} is {value}, which does not satisfy {reader.fault.keyword} {shorten(reader.fault.wanted)}"
    yield reader.violation(message, _example_hint(reader, reader.fault.schema))


_EXPLANATIONS: dict[str, Callable[[_Reader], Iterator[Violation]]] = {
    "type": _explain_type,
    "enum": _explain_enum,
    "const": _explain_enum,
    "required": _explain_required,
    "additionalProperties": _explain_unknown_key,
    "minItems": _explain_empty,
    "minLength": _explain_empty,
    "minProperties": _explain_empty,
    "minimum": _explain_minimum,
    "depth": _explain_depth,
}
