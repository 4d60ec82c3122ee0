"""What folders have in common is judged once: rules that say so look at nothing else, and nothing is mixed up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlcheck.document import Document, parse_yaml
from mlcheck.environment import read_environment
from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_folder
from mlcheck.parts import KEYS, Part, known_about
from mlcheck.parts import _Shelf as Shelf
from mlcheck.rules import load_rules
from mlcheck.rules.registry import Rule
from tests.lint.test_cases import CASES, build

BASE = Path(__file__).parent / "base" / "pyfunc"
REAL = sorted(path.parent for home in ("base", "corpus") for path in (BASE.parents[1] / home).rglob("MLmodel"))
OF_ENVIRONMENT = {
    *("conda", "conda_path", "conda_specs", "conda_pip", "python_env", "python_env_path", "requirements"),
    *("all_requirements", "pinned_mlflow", "flavors", "pyfunc", "mlflow_version", "mlmodel", "mlmodel_data"),
}
OF_SIGNATURE = {*OF_ENVIRONMENT, "signature", "signature_documents"}
OF_EXAMPLES = {
    *(*OF_SIGNATURE, "example_info"),
    *("input_example", "input_example_path", "serving_example", "serving_example_path"),
}
ALLOWED = {"environment": OF_ENVIRONMENT, "signature": OF_SIGNATURE, "examples": OF_EXAMPLES}
RULES = [rule for rule in load_rules().values() if rule.reads != "folder"]


class WatchedFolder:
    """A model folder of which a rule sees a part, and an `AssertionError` for anything else."""

    def __init__(self, folder: ModelFolder, part: Part) -> None:
        self._folder, self._part = folder, part
        parts = [*KEYS]
        self._keys = tuple(key for one in parts[: parts.index(part) + 1] for key in KEYS[one])

    def read_bytes(self, path: str, limit: int = 1_000_000) -> bytes | None:
        examples = {self._folder.input_example_path, self._folder.serving_example_path}
        assert path in self._files() | (examples if self._part == "examples" else set())
        return self._folder.read_bytes(path, limit)

    def has(self, path: str) -> bool:
        assert path in self._files()
        return self._folder.has(path)

    def _files(self) -> set[str | None]:
        return {self._folder.conda_path, self._folder.python_env_path, "requirements.txt"}

    def __getattr__(self, name: str) -> object:
        assert name in ALLOWED[self._part], f"the rule reads folder.{name}"
        value = getattr(self._folder, name)
        if name == "mlmodel" and value is not None:
            return WatchedDocument(value, self._keys)
        return WatchedData(value, self._keys) if name == "mlmodel_data" else value


class WatchedDocument:
    def __init__(self, document: Document, keys: tuple[str, ...]) -> None:
        self._document, self._keys = document, keys

    def __getattr__(self, name: str) -> Callable[..., object]:
        assert name in {"get", "locate", "embedded", "excerpt"}, f"the rule reads folder.mlmodel.{name}"

        def look(*keys: object, **options: object) -> object:
            assert keys[:1], "the rule reads all of MLmodel"
            assert keys[0] in self._keys, f"the rule reads {keys[0]!r} of MLmodel"
            return getattr(self._document, name)(*keys, **options)

        return look


class WatchedData:
    def __init__(self, data: dict[str, object], keys: tuple[str, ...]) -> None:
        self._data, self._keys = data, keys

    def get(self, key: str, default: object = None) -> object:
        return self._data.get(key, default) if key in self else default

    def __contains__(self, key: str) -> bool:
        assert key in self._keys, f"the rule reads {key!r} of MLmodel"
        return key in self._data


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_a_rule_reads_no_more_than_it_says(rule: Rule, tmp_path: Path) -> None:
    roots = [build(case, tmp_path / case.name)[0] for case in CASES if case.parent.name == rule.code]
    for root in [*roots, *REAL]:
        folder = ModelFolder(root, "model")
        watched: Any = WatchedFolder(folder, rule.reads)
        if known_about(folder, rule.reads) is not None:
            assert [*rule.check_folder(watched)] == [*rule.check_folder(folder)]


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two models of which all but the identity is the same."""
    for name in ("a", "b"):
        shutil.copytree(BASE, tmp_path / name)
    change(tmp_path / "b", "MLmodel", "model_uuid: ", "model_uuid: 0")
    return tmp_path / "a", tmp_path / "b"


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new, 1))


def parts_of(root: Path) -> list[object]:
    folder = ModelFolder(root, root.name)
    return [known_about(folder, "environment"), known_about(folder, "signature")]


def test_models_that_differ_in_identity_have_the_parts_in_common(two: tuple[Path, Path]) -> None:
    first, second = map(parts_of, two)
    assert None not in first
    assert [one is other for one, other in zip(first, second, strict=True)] == [True, True]
    environments = [read_environment(ModelFolder(root, root.name)) for root in two]
    assert environments[0] is environments[1]


@pytest.mark.parametrize(
    ("name", "old", "new", "same"),
    [
        ("requirements.txt", "mlflow", "mlflow ", [False, False]),
        ("conda.yaml", "name:", "name: ", [False, False]),
        ("python_env.yaml", "python: ", "python:  ", [False, False]),
        ("MLmodel", "python_version: ", "python_version:  ", [False, False]),
        ("MLmodel", "mlflow_version: ", "mlflow_version:  ", [False, False]),
        ("MLmodel", "flavors:", "# a line more\nflavors:", [False, False]),
        ("MLmodel", '"type"', '"type" ', [True, False]),
        ("MLmodel", "signature:", "# a line more\nsignature:", [True, False]),
    ],
)
def test_another_text_or_place_is_another_part(
    name: str, old: str, new: str, same: list[bool], two: tuple[Path, Path]
) -> None:
    change(two[1], name, old, new)
    first, second = map(parts_of, two)
    assert [one is other for one, other in zip(first, second, strict=True)] == same


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("requirements.txt", "mlflow", "-r more.txt\nmlflow"),
        ("requirements.txt", "mlflow", "--pre -cmore.txt\nmlflow"),
        ("requirements.txt", "mlflow", "-\\\nr more.txt\nmlflow"),
        ("requirements.txt", "mlflow", "-r requirements.txt.more\nmlflow"),
        ("requirements.txt", "mlflow", "é\nmlflow"),
        ("conda.yaml", "- pip:", "- pip:\n  - '-r more.txt'"),
        ("MLmodel", "flavors:", "x: &x conda.yaml\nflavors:"),
        ("MLmodel", "flavors:", "x: !odd y\nflavors:"),
        ("MLmodel", "env:", "env: envs/conda.yaml\n    other:"),
    ],
)
def test_what_reaches_further_is_not_shared(name: str, old: str, new: str, two: tuple[Path, Path]) -> None:
    change(two[0], name, old, new)
    assert parts_of(two[0]) == [None, None]


def test_what_was_found_is_told_of_each_folder(two: tuple[Path, Path]) -> None:
    rule = load_rules()["MLC329"]
    for root in two:
        (root / "requirements.txt").write_text("scikit-learn\n")
    found = [[*lint_folder(ModelFolder(root, root.name), [rule])] for root in two]
    assert [[finding.model for finding in findings] for findings in found] == [["a"], ["b"]]
    assert found[0][0].message == found[1][0].message


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\u2028", "\x85"])
def test_an_excerpt_is_the_text_of_the_value(line_end: str) -> None:
    text = line_end.join(["first: é💥", "signature: 'é💥'", "last: 1"])
    assert parse_yaml("MLmodel", text.encode()).excerpt("signature") == (1, 11, "'é💥'")
    assert parse_yaml("MLmodel", text.encode()).excerpt("flavors") == (0, 0, "")


def test_the_shelf_holds_what_was_asked_for_last() -> None:
    shelf = Shelf()
    keys = [("x" * 300_000, number) for number in range(4)]
    first, second, third = (shelf.take(key) for key in keys[:3])
    assert shelf.take(keys[0]) is first
    shelf.take(keys[3])
    assert shelf.take(keys[0]) is first
    assert shelf.take(keys[2]) is third
    assert shelf.take(keys[1]) is not second
