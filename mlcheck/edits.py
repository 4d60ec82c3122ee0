"""Edits of text: where they apply, which go together, and what comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mlcheck.finding import Edit

MENDED_FILES = frozenset({"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"})
"""Files that edits may change: those that describe a model, never the model's own."""

BOM = "\ufeff"

Span = tuple[int, int, str]


def apply_fixes(fixes: Iterable[tuple[Edit, ...]], contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that change, by path, when fixes are applied to `contents` (path → bytes).

    A fix is applied with all of its edits or not at all: not when one of them finds other text than it expects,
    leads to a file that `contents` lacks, or overlaps with an edit of an earlier fix.
    """
    texts = {path: text for path, raw in contents.items() if (text := _decode(raw)) is not None}
    chosen: dict[str, list[Span]] = {}
    for fix in dict.fromkeys(fixes):
        for path, spans in _locate(fix, texts, chosen).items():
            chosen.setdefault(path, []).extend(spans)
    changed = {path: _write(texts[path], spans) for path, spans in chosen.items()}
    return {path: raw for path, raw in changed.items() if raw != contents[path]}


def _locate(fix: tuple[Edit, ...], texts: Mapping[str, str], taken: Mapping[str, list[Span]]) -> dict[str, list[Span]]:
    """Return where all edits of a fix apply, by path; nothing when one of them does not."""
    found: dict[str, list[Span]] = {}
    for edit in fix:
        path = edit.location.path
        own = found.setdefault(path, [])
        span = _find(edit, texts.get(path))
        if span is None or _overlaps(span, [*taken.get(path, ()), *own]):
            return {}
        own.append(span)
    return found


def _decode(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _find(edit: Edit, text: str | None) -> Span | None:
    """Return where an edit applies: the start and end offsets and the new text; `None` where it does not."""
    place = edit.location
    if text is None or place.line is None:
        return None
    body = len(BOM) if text.startswith(BOM) else 0
    if edit.old == BOM:
        return (0, body, edit.new) if body else None
    start = _offset(text, body, place.line, place.column or 1)
    if start is None:
        return None
    before = re.compile(r"[ \t]*['\"]?").match(text, start) if edit.old else None
    for begin in (start, before.end() if before else start):
        if text.startswith(edit.old, begin):
            return begin, begin + len(edit.old), edit.new
    return None


def _offset(text: str, body: int, line: int, column: int) -> int | None:
    start = body
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return None
    end = text.find("\n", start)
    offset = start + column - 1
    return offset if offset <= (end if end >= 0 else len(text)) else None


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    start, end, _ = span
    return any(start == begin or (start < stop and begin < end) for begin, stop, _ in others)


def _write(text: str, spans: Iterable[Span]) -> bytes:
    newline = "\r\n" if "\r\n" in text else "\n"
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new.replace("\n", newline) + text[end:]
    return text.encode("utf-8")
