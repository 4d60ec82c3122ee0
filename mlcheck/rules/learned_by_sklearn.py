"""The features that a scikit-learn model learned from, where skops has written it."""

from __future__ import annotations

import json
import os
from typing import Final

from mlcheck.folder import ModelFolder
from mlcheck.rules.learned import Learned, data_path

_MAX_SCHEMA = 8 << 20
"""Bytes of the description of a skops archive that are read: thousands of trees are not worth the time."""

# Estimators that hold a DataFrame's names against their own, and the number of columns against what they learned.
_STRICT_MODULES: Final = (
    "sklearn.linear_model.",
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.ensemble._hist_gradient_boosting",
    "sklearn.tree.",
    "sklearn.svm.",
    "sklearn.naive_bayes",
    "sklearn.neighbors.",
    "sklearn.neural_network.",
    "sklearn.discriminant_analysis",
    "sklearn.preprocessing._data",
    "sklearn.preprocessing._encoders",
    "sklearn.impute._base",
    "sklearn.decomposition._pca",
    "sklearn.cluster._kmeans",
)


def read_sklearn(folder: ModelFolder) -> Learned | None:
    """Return what a model that skops has written says, where its first step is one of scikit-learn's own."""
    path = data_path(folder, "sklearn", "pickled_model")
    schema = _read_skops(folder, path) if path.endswith(".skops") else None
    if schema is None:
        return None
    estimator = _first_step(schema)
    attributes = _attributes(estimator)
    module, name = str(estimator.get("__module__")), estimator.get("__class__")
    if (module, name) == ("sklearn.compose._column_transformer", "ColumnTransformer"):
        return Learned("scikit-learn", path, needed=_needed_columns(attributes), by_name=True, exact=False)
    if not module.startswith(_STRICT_MODULES):
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
