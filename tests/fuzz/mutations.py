"""Model folders with something wrong in them: real ones, and a few changes of bytes or of values."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

LINT = Path(__file__).parent.parent / "lint"
MODELS = sorted(path.parent for home in ("base", "corpus") for path in (LINT / home).rglob("MLmodel"))
SIGNATURE = ("inputs", "outputs", "params")
LARGEST = 100_000

ODD: list[object] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, float("nan"), float("inf")),
    *("", " ", "\n", "\t", "null", "none", "1", "3.10", "9" * 5000, "x" * 20_000, "python_function", "mlflow", "*"),
    *("../../../etc/passwd", "/etc/passwd", "~", "..", ".", "./", "a/../..", "C:\\temp", "s3://bucket/key", "$HOME"),
    *("code", "MLmodel", "conda.yaml", "requirements.txt", "file:///etc/passwd", "-r requirements.txt", "-r .", "-e ."),
    *("\x00", "a\x00b", "\x7f", "\u202e", "\u2028", "ﬀ", "💥" * 50, "é", "e\u0301", "\ufeff", "%s%n{0}{x}", "[" * 300),
    *("((((" * 100, "==" * 200, "a" * 300 + "!", "[[" + "a," * 500, "numpy" + "=" * 500, "1." * 400, "1!" * 50),
    *("mlflow==99999999999999999999.1", "numpy==1.0.0.0.0.0.0.0.0.0.0.0", "a[" + "b," * 300 + "]", "x; " + "(" * 300),
    *("python=3.10=" + "*" * 100, "mlflow.sklearn", "os.system", "__import__('os')", "!!python/object:os.system"),
    *([], [[]], [None], [[[[[[]]]]]], [1, "a", None, {}], {}, {"": ""}, {"a": {"b": {"c": {}}}}, {"type": "array"}),
    *({"type": "object", "properties": {}}, {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}),
    *({1: 2}, {None: None}, {True: 1}, dt.date(2020, 1, 1), dt.datetime(1, 1, 1, tzinfo=dt.timezone.utc), b"\x80\x04."),
    *([{"name": "a", "type": "long"}] * 3, ["a"] * 3000, {f"k{number}": number for number in range(3000)}),
]


def nested(depth: int) -> object:
    """Return mappings in lists in mappings, `depth` levels of each."""
    value: object = 1
    for _ in range(depth):
        value = [{"a": value, "type": "array", "items": {}}]
    return value


def paths_in(data: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the path of every value in parsed data, its root first."""
    found = [path]
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        found += paths_in(value, (*path, key))
    return found


def put(data: Any, path: tuple[Any, ...], value: object) -> Any:
    """Return parsed data with another value at a path."""
    if not path:
        return value
    changed = copy.deepcopy(data)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return changed


def drop(data: Any, path: tuple[Any, ...]) -> Any:
    """Return parsed data without what is at a path."""
    changed = copy.deepcopy(data)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    if path:
        del parent[path[-1]]
    return changed


odd_values = st.one_of(
    st.sampled_from(ODD),
    st.integers(1, 60).map(nested),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    ),
)


@st.composite
def changed_data(draw: st.DrawFn, data: Any) -> Any:
    """Draw parsed data with one to three values replaced, removed, moved or repeated."""
    for _ in range(draw(st.integers(1, 3))):
        paths = paths_in(data)
        path = draw(st.sampled_from(paths))
        action = draw(st.sampled_from(["replace", "replace", "drop", "move", "wrap", "rename"]))
        if action == "replace":
            data = put(data, path, draw(odd_values))
        elif action == "drop":
            data = drop(data, path)
        elif action == "move":
            other = data
            for key in draw(st.sampled_from(paths)):
                other = other[key]
            data = put(data, path, copy.deepcopy(other))
        elif action == "wrap":
            value = data
            for key in path:
                value = value[key]
            data = put(data, path, draw(st.sampled_from([[value], {"a": value}, [value, value], str(value)])))
        elif path and isinstance(path[-1], str):
            value = data
            for key in path:
                value = value[key]
            data = drop(data, path)
            data = put(data, (*path[:-1], draw(st.sampled_from(["", "typ", "Type", 1, None, "x" * 300]))), value)
    return data


@st.composite
def changed_bytes(draw: st.DrawFn, raw: bytes) -> bytes:
    """Draw bytes with one to four cuts, insertions, repetitions and flips."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 200)))
        action = draw(st.sampled_from(["cut", "truncate", "insert", "repeat", "flip", "encode"]))
        if action == "cut":
            raw = raw[:start] + raw[end:]
        elif action == "truncate":
            raw = raw[:start]
        elif action == "insert":
            raw = raw[:start] + draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=8)) + raw[start:]
        elif action == "repeat":
            raw = raw[:start] + raw[start:end] * draw(st.sampled_from([2, 3, 200])) + raw[end:]
        elif action == "flip":
            raw = raw[:start] + bytes(255 - byte for byte in raw[start : start + 1]) + raw[start + 1 :]
        else:
            raw = raw.decode("utf-8", "replace").encode(draw(st.sampled_from(["utf-16", "utf-8-sig", "utf-32"])))
        raw = raw[:LARGEST]
    return raw


FRAGMENTS = [
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\xed\xa0\x80", b"\r", b"\r\n", b"\n", b"\t", b"\x1b[31m", b"#"),
    *(
        b"---\n",
        b"...\n",
        b"&a ",
        b"*a",
        b"!!python/object/apply:os.system [ls]",
        b"!!binary x",
        b"!!set {",
        b"<<: *a\n",
    ),
    *(
        b"? [a]\n: b\n",
        b"{",
        b"[",
        b"- ",
        b": ",
        b"'",
        b'"',
        b"|\n",
        b">-\n",
        b"%YAML 1.1\n",
        b"[" * 500,
        b"{a: " * 150,
    ),
    *(b"NaN", b"1e999", b"-", b"\\\n", b"\\", b" --hash=sha256:0", b" ; python_version", b" @ ", b"git+ssh://u:p@h/x"),
    *(b"\xe2\x80\xa8", b"0x1F", b"1_000", b"12:30:45", b"2020-99-99", b"~", b"=" * 1000, b"(" * 1000, b"a," * 5000),
]


@st.composite
def broken_folders(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw the files of a model folder with something wrong in one or two of them."""
    model = draw(st.sampled_from(MODELS))
    files = {
        path.relative_to(model).as_posix(): path.read_bytes()
        for path in sorted(model.rglob("*"))
        if path.is_file() and path.name != "listing.json"
    }
    for name in draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=2, unique=True)):
        files[name] = draw(changed_file(name, files[name]))
    return files


@st.composite
def changed_file(draw: st.DrawFn, name: str, raw: bytes) -> bytes:
    """Draw the content of a file with changed values, where it has any, or with changed bytes."""
    data = _parse(name, raw)
    if data is None or draw(st.integers(0, 3)) == 0:
        return draw(changed_bytes(raw))
    if name == "MLmodel" and isinstance(data, dict) and isinstance(data.get("signature"), dict) and draw(st.booleans()):
        data = draw(changed_signature(data))
    else:
        data = draw(changed_data(data))
    if name.endswith(".json"):
        return json.dumps(data, default=str, skipkeys=True).encode("utf-8", "replace")
    return yaml.safe_dump(data, allow_unicode=draw(st.booleans())).encode("utf-8", "surrogatepass")


def _parse(name: str, raw: bytes) -> Any:
    try:
        return json.loads(raw) if name.endswith(".json") else yaml.safe_load(raw) if _is_yaml(name) else None
    except (ValueError, yaml.YAMLError):
        return None


def _is_yaml(name: str) -> bool:
    return name == "MLmodel" or name.endswith(".yaml")


@st.composite
def changed_signature(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """Draw the data of an MLmodel with changed values in the JSON of its signature."""
    held = [key for key in SIGNATURE if isinstance(data["signature"].get(key), str)]
    if not held:
        return data
    key = draw(st.sampled_from(held))
    schema = draw(changed_data(json.loads(data["signature"][key])))
    text = json.dumps(schema, default=str, skipkeys=True)
    return {**data, "signature": {**data["signature"], key: text}}
