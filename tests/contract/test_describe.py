"""The contract card tells what a model does, by asking it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mlcheck.cli import main
from mlcheck.describe import DescribeError, describe_model, render_card
from tests.contract.test_mutants import GOOD, SCALE, TENSOR, TENSOR_OUT, Y, model

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas/card.schema.json").read_text())


def card_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render_card(describe_model(folder), "json"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def test_the_schema_holds_for_its_own_example_and_nothing_is_undescribed() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(SCHEMA["examples"][0])
    waiting = [SCHEMA]
    while waiting:
        node = waiting.pop()
        waiting += node.get("properties", {}).values()
        waiting += node.get("$defs", {}).values()
        waiting += [node["items"]] if "items" in node else []
        assert "$ref" in node or {"title", "description", "examples"} <= node.keys(), node


def test_a_sound_model(tmp_path: Path) -> None:
    card = card_of(model(tmp_path / "model", GOOD))
    assert [(item["name"], item["type"], item["required"]) for item in card["inputs"]] == [
        ("a", "double", True),
        ("b", "double", True),
    ]
    assert all(item["edges"]["rejected"] == [] and "NaN" in item["edges"]["answered"] for item in card["inputs"])
    assert all(group["kept"] == group["tried"] > 0 for group in (*card["accepts"], *card["refuses"]))
    assert {"reordered", "extra-column", "container", "upcast"} <= {group["kind"] for group in card["accepts"]}
    assert {item["check"]: item["holds"] for item in card["behaviour"]}["rows-are-independent"] is True
    assert [seen["columns"] for seen in card["gives"]] == [[["y", "float64"]]] * 4
    assert [seen["shape"][0] for seen in card["gives"]] == [1, 2, 7, 100]


def test_what_a_model_does_not_keep_is_in_the_card(tmp_path: Path) -> None:
    body = """
assert len(X), 'rows are needed'
if X['a'].isna().any(): raise ValueError('no NaN please')
if (X['a'] < 0).any(): raise KeyError('negative')
if list(X.columns) != ['a', 'b']: raise ValueError('order')
return pd.DataFrame({'y': X['a'] - X['a'].mean()})"""
    folder = model(tmp_path / "model", body)
    (tmp_path / "mlcheck.toml").write_text("[domain.a]\nmin = 1.0\nmax = 2.0\n")
    card = card_of(folder)
    assert card["inputs"][0]["typical"][0]["source"] == "configuration"
    rejected = {item["error"]: item["values"] for item in card["inputs"][0]["edges"]["rejected"]}
    assert rejected["ValueError: no NaN please"] == ["NaN"]
    assert rejected["KeyError: 'negative'"] == ["-1.0 and less", "-infinity"]
    assert card["rows"]["rejected"][0]["error"] == "AssertionError: rows are needed"
    holds = {item["check"]: item["holds"] for item in card["behaviour"]}
    assert holds["rows-are-independent"] is False
    text = render_card(describe_model(folder))
    assert "rows-are-independent: no, a row's prediction depends on the other rows" in text
    assert "1.0 to 2.0 (configuration)" in text


def test_params_and_tensors(tmp_path: Path) -> None:
    body = "return X.sum(axis=1) * np.float32((params or {}).get('scale', 2.0))"
    card = card_of(model(tmp_path / "model", body, TENSOR, TENSOR_OUT, SCALE))
    assert card["inputs"][0]["shape"] == [-1, 2]
    assert card["inputs"][0]["required"] is None
    assert card["params"][0]["default"] == 2.0
    assert card["params"][0]["edges"]["answered"]
    assert {"params-default", "params-unknown"} <= {group["kind"] for group in card["accepts"]}


def test_a_model_that_answers_nothing_still_has_a_card(tmp_path: Path) -> None:
    card = card_of(model(tmp_path / "model", "raise RuntimeError('out of order')"))
    assert card["notes"] == ["typical input is not answered: RuntimeError: out of order"]
    assert card["gives"] == card["accepts"] == []
    assert card["refuses"][0]["kept"] == card["refuses"][0]["tried"]


def test_a_model_that_does_not_load_shows_what_it_declares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = model(tmp_path / "model", "def _load_pyfunc(path):\n    raise RuntimeError('no such thing')\n")
    assert main(["describe", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "does not load: RuntimeError: no such thing" in printed
    assert "'a'  double" in printed


def test_a_model_without_a_signature(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", GOOD, None, None)
    card = card_of(folder)
    assert card["inputs"] is None
    assert "no signature" in card["notes"][0]


def test_outputs_alone_are_a_signature_too(tmp_path: Path) -> None:
    card = card_of(model(tmp_path / "model", GOOD, None, Y))
    assert card["inputs"] is None
    assert card["notes"] == ["no input can be made from this signature"]


def test_one_model_must_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        model(tmp_path / name, GOOD)
    with pytest.raises(DescribeError, match="2 model folders here, name one of them"):
        describe_model(tmp_path)
    assert main(["describe", str(tmp_path / "none")]) == 2
    assert "no such file or folder" in capsys.readouterr().err


def test_the_card_is_written_to_a_file(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", GOOD)
    target = tmp_path / "card.json"
    assert main(["describe", str(folder), "--format", "json", "--output", str(target)]) == 0
    assert json.loads(target.read_text())["model"] == str(folder)
