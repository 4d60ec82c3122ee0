"""The features that a boosted model learned from: XGBoost's JSON and UBJSON, LightGBM's text."""

from __future__ import annotations

import json
import re
import struct
from typing import Final

from mlcheck.folder import ModelFolder
from mlcheck.rules.learned import Learned, data_path

_HEAD = 1 << 20
_TAIL = 1 << 16

_XGBOOST_NAMES: Final = rb'(?<!\\)"feature_names":'
_XGBOOST_COUNT: Final = rb'"learner_model_param":\{[^{}]*?"num_feature":"([0-9]+)"'
_XGBOOST_UBJ_NAMES: Final = b"L" + struct.pack(">q", 13) + b"feature_names[#L"
_XGBOOST_UBJ_COUNT: Final = b"num_featureSL" + bytes(7)


def read_xgboost(folder: ModelFolder) -> Learned | None:
    """Return what the model file of the flavor xgboost says, in JSON or in UBJSON.

    A class of somebody's own may do with the columns what it likes before XGBoost sees them.
    """
    path = data_path(folder, "xgboost", "data")
    head, tail = folder.read_bytes(path, limit=_HEAD), folder.read_tail(path, _TAIL)
    if not path or head is None or tail is None:
        return None
    if head.startswith(b"{L"):
        names, count = _names_in_ubj(head), _count_in_ubj(tail)
    elif head.lstrip().startswith(b"{"):
        names, count = _names_in_json(head), _count_in_json(tail)
    else:
        return None
    if names is None:
        return None
    # Releases before 1.22 name no class: they save nothing but boosters.
    model_class = str(folder.flavors.get("xgboost", {}).get("model_class") or "xgboost.core.Booster")
    booster = model_class == "xgboost.core.Booster"
    return Learned(
        "XGBoost",
        path,
        names,
        len(names) or count,
        by_name=bool(names),
        exact=not booster or bool(names),
        takes_arrays=not (booster and names),
        certain=model_class.startswith("xgboost."),
    )


def _names_in_json(head: bytes) -> tuple[str, ...] | None:
    match = re.search(_XGBOOST_NAMES, head)
    if match is None:
        return None
    try:
        names, _ = json.JSONDecoder().raw_decode(head[match.end() :].lstrip().decode("utf-8", "replace"))
    except ValueError:
        return None
    return tuple(names) if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _count_in_json(tail: bytes) -> int:
    match = re.search(_XGBOOST_COUNT, tail)
    return int(match[1]) if match else 0


def _names_in_ubj(head: bytes) -> tuple[str, ...] | None:
    start = head.find(_XGBOOST_UBJ_NAMES)
    if start < 0:
        return None
    position = start + len(_XGBOOST_UBJ_NAMES)
    try:
        (count,) = struct.unpack_from(">q", head, position)
        position += 8
        names = []
        for _ in range(count):
            if head[position : position + 2] != b"SL":
                return None
            (length,) = struct.unpack_from(">Q", head, position + 2)
            position += 10 + length
            names.append(head[position - length : position].decode("utf-8"))
    except (struct.error, UnicodeDecodeError, OverflowError):
        return None
    return tuple(names)


def _count_in_ubj(tail: bytes) -> int:
    found = tail.rfind(b"learner_model_param")
    start = tail.find(_XGBOOST_UBJ_COUNT, found) + len(_XGBOOST_UBJ_COUNT) if found >= 0 else 0
    if start <= found or start >= len(tail):
        return 0
    digits = tail[start + 1 : start + 1 + tail[start]]
    return int(digits) if digits.isdigit() else 0


def read_lightgbm(folder: ModelFolder) -> Learned | None:
    """Return what the model file of a LightGBM booster says; it knows columns by their positions."""
    path = data_path(folder, "lightgbm", "data")
    head = folder.read_bytes(path, limit=_HEAD) if path else None
    if head is None or not head.startswith(b"tree\n"):
        return None
    fields = dict(line.partition("=")[::2] for line in head.decode("utf-8", "replace").split("\n\n", 1)[0].splitlines())
    names = tuple(fields.get("feature_names", "").split(" "))
    highest = fields.get("max_feature_idx", "")
    if not highest.isdigit() or len(names) != int(highest) + 1:
        return None
    given = () if all(re.fullmatch(r"Column_[0-9]+", name) for name in names) else names
    return Learned("LightGBM", path, given, len(names))
