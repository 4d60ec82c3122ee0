"""Reading source without running it: real modules raise no alarm, and nothing upsets the readers."""

from __future__ import annotations

import sys
import sysconfig
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcheck.sources.bindings import bound_names
from mlcheck.sources.calls import calls
from mlcheck.sources.imports import imports
from mlcheck.sources.live import live_functions
from mlcheck.sources.parsed import Source, parse
from mlcheck.sources.undefined import undefined_names

CASES = Path(__file__).parent / "cases"
STANDARD = Path(sysconfig.get_path("stdlib"))
MODULES = [
    *("argparse", "ast", "base64", "bdb", "collections/__init__", "configparser", "contextlib", "copy", "csv"),
    *(
        "dataclasses",
        "datetime",
        "difflib",
        "enum",
        "fractions",
        "functools",
        "inspect",
        "json/decoder",
        "logging/config",
    ),
    *(
        "pathlib",
        "pickle",
        "pickletools",
        "platform",
        "random",
        "shutil",
        "statistics",
        "subprocess",
        "tarfile",
        "types",
    ),
    *("typing", "unittest/mock", "urllib/request", "uuid", "zipfile", "xml/etree/ElementTree"),
]
SEEDS = [path.read_bytes() for path in sorted(CASES.glob("MLC44*/*/**/*.py"))]


def read(raw: bytes) -> Source:
    """Ask everything of a source that rules ask."""
    source = parse("code/pkg/module.py", "pkg.module", raw, (3, 11))
    list(imports(source))
    list(calls(source))
    live_functions([source])
    if source.tree is not None:
        undefined_names(source.tree)
        bound_names(source.tree)
    return source


@pytest.mark.parametrize("module", MODULES)
def test_modules_of_python_have_no_undefined_names(module: str) -> None:
    path = STANDARD / f"{module}.py"
    if not path.is_file():
        pytest.skip("this Python has it elsewhere")
    source = parse(str(path), module.replace("/", "."), path.read_bytes(), sys.version_info[:2])
    assert source.tree is not None
    found = [name for name in undefined_names(source.tree) if not name.context.catches("NameError")]
    assert [(name.name, name.line) for name in found] == []


def test_imports_tell_their_circumstances() -> None:
    text = """
import a
from . import b
from ..c import d
try:
    import e
except ImportError:
    import f
if a.x:
    import g
def function():
    import h
class Class:
    import i
with suppress(ImportError):
    import j
if TYPE_CHECKING:
    import k
if not TYPE_CHECKING:
    import l
if __name__ == "__main__":
    import m
"""
    source = parse("code/p/q/r.py", "p.q.r", text.encode(), None)
    told = {
        one.module: (one.context.at_import, one.context.conditional, one.context.catches("ImportError"))
        for one in imports(source)
    }
    assert told == {
        "a": (True, False, False),
        "p.q": (True, False, False),
        "p.c": (True, False, False),
        "e": (True, False, True),
        "f": (True, True, True),
        "g": (True, True, False),
        "h": (False, False, False),
        "i": (True, False, False),
        "j": (True, False, True),
        "l": (True, False, False),
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = [a for a in range(3) if b]", ["b"]),
        ("def f(x=y): return x", ["y"]),
        ("@decorate\ndef f(): pass", ["decorate"]),
        ("class A(Base, metaclass=Meta): pass", ["Base", "Meta"]),
        ("from __future__ import annotations\ndef f(x: Unknown) -> Other: pass", []),
        ("def f():\n    global g\n    g = 1\ndef h(): return g", []),
        ("def f():\n    def g(): return x\n    x = 1\n    return g", []),
        ("class A:\n    x = 1\n    def f(self): return x", ["x"]),
        ("def f():\n    return 1\n    never()", []),
        ("while False:\n    never()", []),
        ("print(f'{missing!r:>{width}}')", ["missing", "width"]),
        ("import a.b as c\nc, a", ["a"]),
        ("del x", []),
        ("(y := 1) and y", []),
    ],
)
def test_undefined_names(text: str, names: list[str]) -> None:
    source = read(text.encode())
    assert source.tree is not None
    assert [one.name for one in undefined_names(source.tree)] == names


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_nothing_upsets_the_readers(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, max(0, len(raw) - 1)))
        raw[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    started = time.perf_counter()
    read(bytes(raw))
    assert time.perf_counter() - started < 5


@given(text=st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    read(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "text",
    ["a" + ".b" * 50_000, "-" * 50_000 + "1", "1" + "+1" * 50_000, "(" * 500, "[" * 150 + "]" * 150, "x = '''", "\0"],
)
def test_deep_and_broken_source_is_survived(text: str) -> None:
    read(text.encode())
