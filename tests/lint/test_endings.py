"""Whole files are never called cut; files cut anywhere are, for formats that tell their length."""

from __future__ import annotations

import io
import json
import lzma
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from mlcheck.rules import endings


def reader(data: bytes) -> endings.Read:
    return lambda offset, size: data[offset : offset + size]


def forest() -> object:
    random_values = np.random.default_rng(0)
    return RandomForestClassifier(20, random_state=0).fit(random_values.random((300, 4)), np.arange(300) % 3)


OBJECTS: dict[str, Callable[[], object]] = {
    "small": lambda: {"a": 1},
    "empty": lambda: None,
    "many-frames": lambda: [[str(number) for number in range(50_000)], list(range(50_000))],
    "large-bytes": lambda: [b"x" * 100_000, "y" * 200_000, bytearray(100_000), 1, b"z" * 70_000],
    "large-last": lambda: b"x" * 100_000,
    "arrays": lambda: [np.zeros(100_000), np.arange(10), np.asfortranarray(np.ones((300, 300)))],
    "frame": lambda: pd.DataFrame({"a": range(20_000), "b": list("xy") * 10_000}),
    "forest": forest,
}


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("name", OBJECTS)
def test_whole_pickles_are_not_called_cut(name: str, protocol: int) -> None:
    for data in (
        pickle.dumps(OBJECTS[name](), protocol),
        pickle._dumps(OBJECTS[name](), protocol),  # type: ignore[attr-defined]  # the one in Python
    ):
        assert endings.is_pickle(data)
        assert not endings.pickle_is_cut(reader(data), len(data))
        assert not endings.pickle_is_cut(reader(data + b"\n\n\n"), len(data) + 3)


@pytest.mark.parametrize("name", OBJECTS)
def test_whole_joblib_files_are_not_called_cut(name: str, tmp_path: Path) -> None:
    joblib.dump(OBJECTS[name](), tmp_path / "model.joblib")
    data = (tmp_path / "model.joblib").read_bytes()
    assert not endings.pickle_is_cut(reader(data), len(data))


@pytest.mark.parametrize("name", ["many-frames", "large-bytes", "arrays", "frame", "forest"])
def test_cut_pickles_are_found(name: str) -> None:
    data = pickle.dumps(OBJECTS[name](), protocol=5)
    chance = random.Random(name)
    places = [chance.randrange(30, len(data) - 20) for _ in range(100)]
    found = [endings.pickle_is_cut(reader(data[:place]), place) for place in places]
    assert sum(bool(one) for one in found) >= 95  # a cut right behind a byte that looks like STOP passes


def archive(comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a.txt", "a" * 5000)
        file.comment = comment
    return stream.getvalue()


@pytest.mark.parametrize("comment", [b"", b"c" * 60_000])
def test_zip(comment: bytes) -> None:
    data = archive(comment)
    assert not endings.zip_is_cut(reader(data), len(data))
    assert not endings.zip_is_cut(reader(b"before" + data), len(data) + 6)
    for place in (10, 4000, 5100):
        assert endings.zip_is_cut(reader(data[:place]), place)
    # the beginning is missing: the directory would start before the file
    assert endings.zip_is_cut(reader(data[3000:]), len(data) - 3000)


def test_safetensors() -> None:
    header = json.dumps({"__metadata__": {"a": "b"}, "w": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}})
    data = len(header).to_bytes(8, "little") + header.encode() + bytes(8)
    assert endings.safetensors_is_cut(reader(data), len(data)) is False
    assert endings.safetensors_is_cut(reader(data[:-1]), len(data) - 1) is True
    assert endings.safetensors_is_cut(reader(data[:20]), 20) is True
    assert endings.safetensors_is_cut(reader(b"not a header at all"), 19) is None


def test_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    assert not endings.parquet_is_cut(reader(data), len(data))
    assert endings.parquet_is_cut(reader(data[:-3]), len(data) - 3)


def test_xz() -> None:
    data = lzma.compress(b"a" * 1000)
    assert not endings.xz_is_cut(reader(data), len(data))
    assert not endings.xz_is_cut(reader(data + bytes(4)), len(data) + 4)
    assert endings.xz_is_cut(reader(data[:-5]), len(data) - 5)


@pytest.mark.parametrize(("version", "place"), [(0, 40), (1, 44), (2, 28), (3, 28)])
def test_hdf5(version: int, place: int) -> None:
    head = bytearray(64)
    head[:9] = b"\x89HDF\r\n\x1a\n" + bytes([version])
    head[13 if version < 2 else 9] = 8
    head[place : place + 8] = (64).to_bytes(8, "little")
    assert not endings.hdf5_is_cut(reader(bytes(head)), 64)
    assert endings.hdf5_is_cut(reader(bytes(head[:60])), 60)
    assert not endings.hdf5_is_cut(reader(bytes(head[:9])), 9)
