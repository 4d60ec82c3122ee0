"""The features that a scikit-learn model learned from, as skops has written them; pickles are read elsewhere."""

from __future__ import annotations

import json
import os

from mlcheck.folder import ModelFolder
from mlcheck.rules.learned import Learned, data_path
from mlcheck.rules.learned_by_pickled import is_column_transformer, is_strict, read_pickled

_MAX_SCHEMA = 8 << 20
"""Bytes of the description of a skops archive that are read: thousands of trees are not worth the time."""


def read_sklearn(folder: ModelFolder) -> Learned | None:
    """Return what a model of scikit-learn says, where its first step is one of scikit-learn's own."""
    path = data_path(folder, "sklearn", "pickled_model")
    if not path.endswith(".skops"):
        return read_pickled(folder, path)
    schema = _read_skops(folder, path)
    if schema is None:
        return None
    estimator = _first_step(schema)
    attributes = _attributes(estimator)
    module, name = str(estimator.get("__module__")), estimator.get("__class__")
    if is_column_transformer(f"{module}.{name}"):
        needed, seen = _needed_columns(attributes), _text_array(attributes.get("feature_names_in_"))
        return Learned("scikit-learn", path, needed=needed, seen=seen, by_name=True, exact=False)
    if not is_strict(module):
        return None
    names = _text_array(attributes.get("feature_names_in_"))
    count = _plain(attributes.get("n_features_in_"))
    return Learned(
        "scikit-learn", path, names, count if type(count) is int else len(names), by_name=bool(names), exact=True
    )


def _read_skops(folder: ModelFolder, path: str) -> dict[str, object] | None:
    entry = folder.entry(path)
    if folder.partial or entry is None or entry.kind not in ("file", "link"):
        return None
    import zipfile  # noqa: PLC0415 - 10 ms that folders without skops need not pay
    import zlib  # noqa: PLC0415

    try:
        with zipfile.ZipFile(os.path.join(folder.root, path)) as archive:
            if archive.getinfo("schema.json").file_size > _MAX_SCHEMA:
                return None
            schema = json.loads(archive.read("schema.json"))
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        RecursionError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        zipfile.BadZipFile,
    ):
        return None
    return schema if isinstance(schema, dict) else None


def _attributes(node: object) -> dict[str, object]:
    """Return the attributes of an object that skops wrote."""
    content = node.get("content") if isinstance(node, dict) else None
    inner = content.get("content") if isinstance(content, dict) else None
    return inner if isinstance(inner, dict) else {}


def _items(node: object) -> list[object]:
    content = node.get("content") if isinstance(node, dict) else None
    return content if isinstance(content, list) else []


def _first_step(node: dict[str, object]) -> dict[str, object]:
    """Return the estimator that meets the data first: the first step of pipelines."""
    for _ in range(5):
        if node.get("__class__") != "Pipeline":
            break
        steps = _items(_attributes(node).get("steps"))
        pair = _items(steps[0]) if steps else []
        step = pair[1] if len(pair) > 1 else None
        if not isinstance(step, dict):
            break
        node = step
    return node


def _plain(node: object) -> object:
    """Return a value that skops wrote as JSON text."""
    if not isinstance(node, dict) or node.get("__loader__") != "JsonNode":
        return None
    try:
        return json.loads(str(node.get("content")))
    except ValueError:
        return None


def _text_array(node: object) -> tuple[str, ...]:
    values = [_plain(item) for item in _items(node)]
    return tuple(value for value in values if isinstance(value, str)) if all(values) else ()


def _needed_columns(attributes: dict[str, object]) -> tuple[str, ...]:
    """Return columns that the transformers of a ColumnTransformer learned from: it cannot do without them."""
    names: dict[str, None] = {}
    for transformer in _items(attributes.get("transformers_")):
        parts = _items(transformer)
        inner = parts[1] if len(parts) > 1 else None
        if isinstance(inner, dict):
            names.update(dict.fromkeys(_text_array(_attributes(_first_step(inner)).get("feature_names_in_"))))
    return tuple(names)
