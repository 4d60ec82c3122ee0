"""YAML and JSON files read into data that knows its place in the text; what cannot be read becomes a defect."""

from __future__ import annotations

from mlcheck.document.decoding import MAX_BYTES
from mlcheck.document.document import Defect, Document, to_pointer
from mlcheck.document.json_text import parse_json
from mlcheck.document.yaml_text import parse_common_yaml, parse_yaml

__all__ = [
    "MAX_BYTES",
    "Defect",
    "Document",
    "parse_common_yaml",
    "parse_json",
    "parse_yaml",
    "to_pointer",
]
