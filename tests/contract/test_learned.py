"""Models that take a form of value which nothing tells: not accused, and tested with the form that they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.sklearn
import pandas as pd
import pytest
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from mlcheck.config import ModelSettings
from mlcheck.contract.checking import run_check
from mlcheck.contract.checks import load_checks
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.describe import describe_model, render_card
from mlcheck.finding import Severity
from mlcheck.folder import ModelFolder
from tests.contract.test_mutants import check, model

TEXT = [{"type": "string", "name": "d"}]
BYTES = [{"type": "binary", "name": "d"}]
REAL = [{"type": "double", "name": "d"}]
WHOLE = [{"type": "long", "name": "d"}]

READERS = {
    "date": (TEXT, "import datetime\nread = datetime.date.fromisoformat"),
    "json": (TEXT, "import json\nread = lambda text: json.loads(text)['value']"),
    "email": (TEXT, "read = lambda text: text.split('@')[1]"),
    "url": (
        TEXT,
        "from urllib.parse import urlparse\ndef read(text):\n    assert urlparse(text).scheme, 'no address'",
    ),
    "base64": (TEXT, "import base64\nread = lambda text: base64.b64decode(text, validate=True)"),
    "image": (BYTES, "def read(data):\n    if data[:4] != b'\\x89PNG': raise ValueError('cannot identify image file')"),
    "probability": (REAL, "def read(number):\n    assert 0 <= number <= 1, 'a probability is needed'"),
    "logarithm": (REAL, "import math\nread = math.log"),
    "code": (WHOLE, "read = [0.5, 1.5, 2.5, 3.5].__getitem__"),
    "year": (WHOLE, "def read(year):\n    assert 1900 < year < 2100, 'no year'"),
    "match": (TEXT, "import re\nread = lambda text: re.match(r'[0-9]+-', text).group()"),
    "branch": (
        TEXT,
        "def read(text):\n    for one in ('US', 'DE', 'FR'):\n        if text == one: found = one\n    return found",
    ),
}


def reader(folder: Path, name: str, output: str = "[1.0] * len(X)") -> Path:
    inputs, source = READERS[name]
    body = f"{source}\nX['d'].map(read)\nreturn pd.DataFrame({{'y': {output}}})"
    return model(folder, body, inputs=inputs)


@pytest.mark.parametrize("name", READERS)
def test_a_form_that_nothing_tells_is_no_error(tmp_path: Path, name: str) -> None:
    found = check(reader(tmp_path / "model", name))
    assert not [finding for finding in found if finding.severity is Severity.ERROR]
    (said,) = [finding for finding in found if finding.code == "MLC602"]
    assert "nothing tells which ones are real" in said.message
    assert "'d'" in said.hint


@pytest.mark.parametrize("name", READERS)
def test_a_fault_behind_a_form_is_found(tmp_path: Path, name: str) -> None:
    found = check(reader(tmp_path / "model", name, output="['x'] * len(X)"), {"MLC602", "MLC803"})
    assert [finding.code for finding in found if finding.severity is Severity.ERROR] == ["MLC803"]


def test_only_the_column_that_has_the_form_gets_it(tmp_path: Path) -> None:
    inputs = [*TEXT, {"type": "string", "name": "word"}, {"type": "double", "name": "a"}]
    body = "import datetime\nX['d'].map(datetime.date.fromisoformat)\nreturn pd.DataFrame({'y': X['a']})"
    (said,) = check(model(tmp_path / "model", body, inputs=inputs), {"MLC602"})
    assert "'d' as '2024-01-15'" in said.hint
    assert "'word'" not in said.hint


def test_each_column_gets_a_form_of_its_own(tmp_path: Path) -> None:
    inputs = [*TEXT, {"type": "string", "name": "e"}, {"type": "long", "name": "age"}]
    body = (
        "import datetime, json\nX['d'].map(datetime.date.fromisoformat)\nX['e'].map(json.loads)\n"
        "assert (X['age'] > 17).all(), 'of age'\nreturn pd.DataFrame({'y': [1.0] * len(X)})"
    )
    (said,) = check(model(tmp_path / "model", body, inputs=inputs), {"MLC602"})
    assert said.severity is Severity.WARNING
    assert all(name in said.hint for name in ("'d' as '2024-01-15'", "'e' as", "'age' as 20"))


@pytest.mark.parametrize("encoder", [OneHotEncoder, OrdinalEncoder])
def test_the_categories_that_an_encoder_knows_are_taken(tmp_path: Path, encoder: type[OneHotEncoder]) -> None:
    data = pd.DataFrame({"port": ["S", "C", "Q"] * 20, "deck": [2, 7, 9] * 20, "age": [20.5, 31.0, 44.25] * 20})
    encode = make_column_transformer((encoder(), ["port", "deck"]), remainder="passthrough")
    fitted = make_pipeline(encode, LogisticRegression(max_iter=1000)).fit(data, [0, 1, 1] * 20)
    folder = tmp_path / "model"
    mlflow.sklearn.save_model(fitted, folder, signature=infer_signature(data, fitted.predict(data)))
    found = check(folder)
    assert {finding.code for finding in found} == {"MLC609"}
    assert any("'port' rejects unseen text" in finding.message for finding in found)
    assert not any("'age' rejects 2" in finding.message for finding in found)


def test_a_fault_behind_categories_is_found(tmp_path: Path) -> None:
    data = pd.DataFrame({"port": ["S", "C", "Q"] * 20})
    fitted = make_pipeline(OrdinalEncoder(), LogisticRegression()).fit(data, [0, 1, 1] * 20)
    folder = tmp_path / "model"
    mlflow.sklearn.save_model(fitted, folder, signature=infer_signature(data, ["a text"] * 60))
    assert [finding.code for finding in check(folder, {"MLC602", "MLC803", "MLC801"})] == ["MLC803"]


def test_a_tensor_of_codes_is_no_error(tmp_path: Path) -> None:
    inputs = [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 4]}}]
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]
    body = "return np.array([0.5, 1.5], 'float32')[X][:, 0]"
    found = check(model(tmp_path / "model", body, inputs=inputs, outputs=outputs))
    assert not [finding for finding in found if finding.severity is Severity.ERROR]
    assert "MLC602" in {finding.code for finding in found}


ODD = """
from sklearn.base import BaseEstimator
odd = BaseEstimator()
odd.feature_names_in_, odd.categories_ = ["d"], {known}
class Model:
    encoder = odd
    def predict(self, X, params=None):
        raise ValueError("no")
def _load_pyfunc(path):
    return Model()
"""


@pytest.mark.parametrize("known", ["5", "[5]", "[[2**70]]", "{'d': ['x']}", "[[{'x': 1}, None]]"])
def test_what_is_no_list_of_categories_is_passed_over(tmp_path: Path, known: str) -> None:
    found = check(model(tmp_path / "model", ODD.replace("{known}", known), inputs=WHOLE), {"MLC602"})
    assert [(finding.code, finding.severity) for finding in found] == [("MLC602", Severity.ERROR)]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
def test_a_tensor_gets_no_values_that_its_dtype_cannot_hold(tmp_path: Path, dtype: str) -> None:
    inputs = [{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, 4]}}]
    found = check(model(tmp_path / "model", "raise ValueError('no')", inputs=inputs), {"MLC602"})
    assert [(finding.code, finding.severity) for finding in found] == [("MLC602", Severity.ERROR)]


def test_rows_that_fit_together_by_chance_alone_are_no_error(tmp_path: Path) -> None:
    inputs = [{"type": "double", "name": "low"}, {"type": "double", "name": "high"}]
    body = "assert (X['low'] + X['high'] == 1).all()\nreturn pd.DataFrame({'y': X['low']})"
    found = check(model(tmp_path / "model", body, inputs=inputs))
    assert [finding.code for finding in found if finding.severity is not Severity.NOTE] == [
        "MLC602",
        "MLC609",
        "MLC609",
    ]
    assert {finding.severity for finding in found} == {Severity.WARNING}


@pytest.mark.parametrize("end", ["time.sleep(60)", "os._exit(3)"])
def test_the_search_ends_where_a_form_ends_the_process_or_the_time(tmp_path: Path, end: str) -> None:
    body = f"import os, time\nif (X['d'].str.len() > 5).any(): {end}\nraise ValueError('no')"
    with ModelUnderTest(
        ModelFolder(model(tmp_path / "model", body, inputs=TEXT), "model"),
        ModelSettings(max_examples=5, time_limit=1.0),
    ) as subject:
        found = list(run_check(load_checks()["MLC602"], subject))
        assert [finding.severity for finding in found] == [Severity.ERROR]
        assert subject.learned is not None
        assert not subject.learned.settings


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_learned_of_a_model_that_raises_now_and_then(tmp_path: Path, seed: int) -> None:
    body = (
        f"import random\nself.dice = getattr(self, 'dice', None) or random.Random({seed})\n"
        "if self.dice.random() < 0.5: raise ValueError('no')\nreturn pd.DataFrame({'y': X['d']})"
    )
    found = check(model(tmp_path / "model", body, inputs=REAL), {"MLC602"})
    assert not [finding for finding in found if "nothing tells" in finding.message]


@pytest.mark.parametrize("message", ["no configuration for as many rows", "a batch of b rows is too large"])
def test_a_message_that_has_the_letters_of_a_made_up_word_does_not_name_it(tmp_path: Path, message: str) -> None:
    """A fig is in the configuration, and an a in most sentences."""
    learned = "X['d'].map({'a': 1, 'b': 2, 'c': 3}.__getitem__)\n" if " b " in message else ""
    body = f"{learned}assert len(X) < 5, {message!r}\nreturn pd.DataFrame({{'y': [1.0] * len(X)}})"
    found = check(model(tmp_path / "model", body, inputs=TEXT), {"MLC602"})
    assert found[-1].severity is Severity.ERROR
    assert message in found[-1].message


NESTED = {"type": "object", "name": "d", "properties": {"e": {"type": "long"}}}


@pytest.mark.parametrize(
    ("inputs", "params"),
    [(TEXT, [{"name": "d", "type": "double", "default": 2.0, "shape": None}]), ([*TEXT, NESTED], None)],
    ids=["param", "property"],
)
def test_values_are_not_learned_for_a_name_of_two_things(tmp_path: Path, inputs: Any, params: object) -> None:
    """They would be settings for both, of which one cannot have them."""
    inputs = [{**TEXT[0], "name": "d" if params else "d.e"}, *inputs[1:]]
    body = "raise ValueError('no')"
    found = check(model(tmp_path / "model", body, inputs=inputs, params=params), {"MLC602"})
    assert [finding.severity for finding in found] == [Severity.ERROR]


@pytest.mark.parametrize(
    "body",
    [
        "return pd.DataFrame({'y': X['no such column']})",
        "return pd.DataFrame({'y': undefined})",
        "raise ValueError('broken')",
        "assert len(X) > 1\nreturn pd.DataFrame({'y': [1.0] * len(X)})",
        "assert len(X) < 5\nreturn pd.DataFrame({'y': [1.0] * len(X)})",
        "self.calls = getattr(self, 'calls', 0) + 1\nassert self.calls < 4\nreturn pd.DataFrame({'y': [1.0] * len(X)})",
    ],
    ids=["missing column", "undefined name", "always", "one row", "many rows", "worn out"],
)
@pytest.mark.parametrize("inputs", [TEXT, REAL], ids=["text", "real"])
def test_what_is_not_in_the_values_is_an_error(tmp_path: Path, body: str, inputs: object) -> None:
    found = check(model(tmp_path / "model", body, inputs=inputs), {"MLC602"})
    assert [finding.severity for finding in found] == [Severity.ERROR]


def test_the_card_says_that_values_were_learned(tmp_path: Path) -> None:
    card = describe_model(str(reader(tmp_path / "model", "date")))
    assert "'2024-01-15', '2023-06-30', '2024-02-29' (what the model answers)" in render_card(card, "text")
