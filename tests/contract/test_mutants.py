"""Models with exactly one fault, each caught by the check for it; and sound models that every check leaves alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from packaging.version import Version

from mlcheck.config import ModelSettings
from mlcheck.contract.checking import run_check
from mlcheck.contract.checks import load_checks
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Finding, Severity
from mlcheck.folder import ModelFolder
from tests.contract.models import save_model, write_model

A_B = [{"type": "double", "name": "a"}, {"type": "double", "name": "b"}]
Y = [{"type": "double", "name": "y"}]
LABEL = [{"type": "string", "name": "label"}]
TENSOR = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]
TENSOR_OUT = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]
SCALE = [{"name": "scale", "type": "double", "default": 2.0, "shape": None}]

HEAD = """
class Model:
    def predict(self, X, params=None):
        {body}

def _load_pyfunc(path):
    return Model()
"""


def model(folder: Path, body: str, inputs: object = A_B, outputs: object = Y, params: object = None) -> Path:
    def text(value: object) -> str:
        return "null" if value is None else "'" + json.dumps(value) + "'"

    signature = f"\nsignature:\n  inputs: {text(inputs)}\n  outputs: {text(outputs)}\n  params: {text(params)}\n"
    source = body if "_load_pyfunc" in body else HEAD.format(body=body.replace("\n", "\n        "))
    return write_model(folder, source, signature)


def check(folder: Path, codes: set[str] | None = None, **settings: object) -> list[Finding]:
    chosen = {"max_examples": 25, "time_limit": 20.0, **settings}
    with ModelUnderTest(ModelFolder(folder, "model"), ModelSettings(**chosen)) as subject:  # type: ignore[arg-type]
        return list(run_all(subject, codes))


def run_all(subject: ModelUnderTest, codes: set[str] | None) -> Iterator[Finding]:
    for code, one in load_checks().items():
        if codes is None or code in codes:
            with suppress(CheckSkipped):
                yield from run_check(one, subject)


GOOD = "return pd.DataFrame({'y': X['a'] + X['b']})"

MUTANTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "load-raises": ("MLC501", "def _load_pyfunc(path):\n    raise RuntimeError('no such thing')\n", {}),
    "loader-uses-undefined-name": ("MLC501", "def _load_pyfunc(path):\n    return Missing()\n", {}),
    "needs-undeclared-variable": (
        "MLC501",
        "import os\ndef _load_pyfunc(path):\n    return os.environ['API_KEY']\n",
        {},
    ),
    "reads-the-author's-disk": ("MLC501", "def _load_pyfunc(path):\n    return open('/home/author/weights.bin')\n", {}),
    "fails-on-many-rows": ("MLC602", "assert len(X) < 5\n" + GOOD, {}),
    "fails-on-one-row": ("MLC602", "assert len(X) > 1\n" + GOOD, {}),
    "uses-an-undeclared-column": ("MLC602", "return pd.DataFrame({'y': X['c']})", {}),
    "exits": ("MLC602", "raise SystemExit(3)", {}),
    "os-exits": ("MLC602", "import os\nos._exit(3)", {}),
    "hangs": ("MLC602", "import time\ntime.sleep(60)", {"time_limit": 2.0}),
    "dies-at-an-edge": ("MLC608", "import os\nif X['a'].isna().any(): os._exit(3)\n" + GOOD, {}),
    "raises-at-an-edge": ("MLC609", "assert not X['a'].isna().any()\n" + GOOD, {}),
    "unseen-category": (
        "MLC609",
        "return pd.DataFrame({'y': X['c'].map({'apple': 1.0, 'pear': 2.0, 'plum': 3.0, 'fig': 4.0}.__getitem__)})",
        {"inputs": [{"type": "string", "name": "c"}]},
    ),
    "optional-column-needed": (
        "MLC606",
        "return pd.DataFrame({'y': X['a'] + X['b']})",
        {"inputs": [A_B[0], {"type": "double", "name": "b", "required": False}]},
    ),
    "rejects-its-own-default": (
        "MLC607",
        "assert params['scale'] != 2.0\n" + GOOD,
        {"params": SCALE},
    ),
    "numbers-as-objects": ("MLC810", "return pd.DataFrame({'y': X['a'].astype(object)})", {}),
    "renamed-column": ("MLC802", "return pd.DataFrame({'z': X['a']})", {}),
    "extra-column": ("MLC802", "return pd.DataFrame({'y': X['a'], 'z': X['b']})", {}),
    "array-for-table": (
        "MLC801",
        "return X[['a', 'b']].to_numpy()",
        {"outputs": [*Y, {"type": "double", "name": "z"}]},
    ),
    "list-for-tensor": ("MLC801", "return X[:, 0].tolist()", {"inputs": TENSOR, "outputs": TENSOR_OUT}),
    "strings-for-doubles": ("MLC803", "return pd.DataFrame({'y': ['x'] * len(X)})", {}),
    "integers-for-doubles": ("MLC803", "return pd.DataFrame({'y': [1] * len(X)})", {}),
    "doubles-for-strings": ("MLC803", "return pd.DataFrame({'label': X['a']})", {"outputs": LABEL}),
    "wrong-tensor-dtype": ("MLC803", "return X[:, 0].astype('float64')", {"inputs": TENSOR, "outputs": TENSOR_OUT}),
    "wrong-tensor-rank": ("MLC804", "return X", {"inputs": TENSOR, "outputs": TENSOR_OUT}),
    "squeezed-single-row": ("MLC804", "return X[:, 0].squeeze()", {"inputs": TENSOR, "outputs": TENSOR_OUT}),
    "drops-a-row": ("MLC805", GOOD + ".iloc[1:]", {}),
    "first-row-only": ("MLC805", GOOD + ".head(1)", {}),
    "forgets-return": ("MLC806", "pd.DataFrame({'y': X['a']})", {}),
    "integers-for-whole-numbers": (
        "MLC803",
        "y = X['a'] + 0.5\nreturn pd.DataFrame({'y': y.astype('int64') if (X['a'] == -1.0).all() else y})",
        {},
    ),
    "none-in-column": ("MLC806", "return pd.DataFrame({'label': [None] * len(X)})", {"outputs": LABEL}),
    "nan-for-typical-input": ("MLC807", "return pd.DataFrame({'y': X['a'] / 0 * 0})", {}),
    "random": ("MLC901", "return pd.DataFrame({'y': np.random.rand(len(X))})", {}),
    "counts-its-calls": (
        "MLC901",
        "self.n = getattr(self, 'n', 0) + 1\nreturn pd.DataFrame({'y': X['a'] + self.n})",
        {},
    ),
    "order-of-a-set": ("MLC902", "return pd.DataFrame({'y': [float(hash('a') % 1000)] * len(X)})", {}),
    "numbers-texts-at-first-sight": (
        "MLC902",
        (
            "codes = self.__dict__.setdefault('codes', {})\n"
            "return pd.DataFrame({'y': [float(codes.setdefault(c, len(codes))) for c in X['c']]})"
        ),
        {"inputs": [{"type": "string", "name": "c"}]},
    ),
    "takes-the-hour-of-the-machine": (
        "MLC902",
        "return pd.DataFrame({'y': [t.to_pydatetime().timestamp() for t in X['t']]})",
        {"inputs": [{"type": "datetime", "name": "t"}]},
    ),
    "fills-in-from-the-batch": ("MLC903", "return pd.DataFrame({'y': X['a'].fillna(X['a'].mean())})", {}),
    "fills-texts-in-from-the-batch": (
        "MLC903",
        "c = X['c'].fillna(X['c'].mode().get(0, '?'))\nreturn pd.DataFrame({'y': c.str.len().astype('float64')})",
        {"inputs": [{"type": "string", "name": "c"}]},
    ),
    "mends-infinity-in-place": (
        "MLC905",
        "X[~np.isfinite(X)] = 0\nreturn X[:, 0]",
        {"inputs": TENSOR, "outputs": TENSOR_OUT},
    ),
    "counts-labels-from-one": ("MLC809", "y = " + GOOD[7:] + "\ny.index = y.index + 1\nreturn y", {}),
    "none-for-negative-numbers": (
        "MLC806",
        "return pd.DataFrame({'label': [None if a < 0 else 'x' for a in X['a']]})",
        {"outputs": LABEL},
    ),
    "nan-for-negative-numbers": ("MLC807", "return pd.DataFrame({'y': np.sqrt(X['a'])})", {}),
    "centres-the-batch": ("MLC903", "return pd.DataFrame({'y': X['a'] - X['a'].mean()})", {}),
    "cumulative": ("MLC904", "return pd.DataFrame({'y': X['a'].cumsum()})", {}),
    "aligns-by-index": ("MLC904", "return pd.DataFrame({'y': X['a'].reset_index(drop=True).reindex(X.index)})", {}),
    "switches-enforcement-off": (
        "MLC708",
        (
            "import mlflow.pyfunc as pyfunc\n"
            "pyfunc._validate_prediction_input = lambda data, params, *_: (data, params)\n"
            + HEAD.format(body="return [1.0] * len(X)")
        ),
        {},
    ),
    "looks-at-the-dtype-of-texts": (
        "MLC910",
        "return pd.DataFrame({'y': [float(str(X['c'].dtype) == 'object')] * len(X)})",
        {"inputs": [{"type": "string", "name": "c"}]},
    ),
    "answers-with-a-set": ("MLC808", "return {1, 2}", {"outputs": None}),
    "knows-that-it-is-served": (
        "MLC909",
        (
            "import traceback\nserved = 'scoring_server' in str(traceback.extract_stack())\n"
            "return pd.DataFrame({'y': X['a'] + float(served)})"
        ),
        {},
    ),
    "writes-beside-itself": (
        "MLC906",
        "import os\nhere = os.path.dirname(os.path.abspath(__file__))\n"
        "try:\n    open(os.path.join(here, 'log.txt'), 'a').close()\nexcept OSError:\n    pass\n" + GOOD,
        {},
    ),
    "phones-home": (
        "MLC907",
        "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 80), timeout=0.2)\nexcept OSError:\n    pass\n"
        + GOOD,
        {},
    ),
    "keeps-the-input-on-itself": (
        "MLC908",
        "import time\nself.kept = X\ntime.sleep(0.01)\nX = self.kept\n" + GOOD,
        {},
    ),
    "changes-directory": ("MLC911", "import os\nos.chdir('/')\n" + GOOD, {}),
    "sets-variables": ("MLC911", "import os\nos.environ['MODEL'] = 'a'\n" + GOOD, {}),
    "makes-errors-of-warnings": ("MLC911", "import warnings\nwarnings.simplefilter('error')\n" + GOOD, {}),
    "leaves-threads": (
        "MLC912",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n" + GOOD,
        {},
    ),
    "leaves-processes": ("MLC912", "import subprocess\nsubprocess.Popen(['sleep', '600'])\n" + GOOD, {}),
    "leaves-temporary-folders": (
        "MLC912",
        "import tempfile\nfor _ in range(150):\n    tempfile.mkdtemp()\n" + GOOD,
        {},
    ),
    "logs-into-the-working-directory": ("MLC912", "open('log.txt', 'a').close()\n" + GOOD, {}),
    "seeds-for-everyone": ("MLC913", "np.random.seed(0)\n" + GOOD, {}),
    "answers-out-of-one-buffer": (
        "MLC914",
        (
            "self.buffer = getattr(self, 'buffer', np.zeros(1000, 'float32'))\n"
            "self.buffer[: len(X)] = X[:, 0]\nreturn self.buffer[: len(X)]"
        ),
        {"inputs": TENSOR, "outputs": TENSOR_OUT},
    ),
    "keeps-all-requests": ("MLC915", "self.all = [*getattr(self, 'all', []), X.copy()]\n" + GOOD, {}),
    "never-asks-for-its-param": ("MLC916", GOOD, {"params": SCALE}),
    "takes-no-params": (
        "MLC916",
        (
            "class Model:\n    def predict(self, X):\n        return pd.DataFrame({'y': X['a']})\n\n"
            "def _load_pyfunc(path):\n    return Model()\n"
        ),
        {"params": SCALE},
    ),
    "changes-its-input": ("MLC905", "X += 1\nreturn X[:, 0]", {"inputs": TENSOR, "outputs": TENSOR_OUT}),
}


NEEDS_PANDAS_3 = {"looks-at-the-dtype-of-texts"}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught_by_its_check(name: str, tmp_path: Path) -> None:
    if name in NEEDS_PANDAS_3 and Version(pd.__version__).major < 3:
        pytest.skip("texts are objects to pandas before 3, however they come")
    code, body, options = MUTANTS[name]
    settings = {key: options[key] for key in ("time_limit",) if key in options}
    parts = {key: options[key] for key in ("inputs", "outputs", "params") if key in options}
    folder = model(tmp_path / "model", body, **parts)
    found = check(folder, {code}, **settings)
    assert [finding.code for finding in found] == [code] * len(found)
    assert found


BUSY = """
import random, subprocess, tempfile, warnings
from concurrent.futures import ThreadPoolExecutor

class Model:
    def predict(self, X, params=None):
        if not hasattr(self, "pool"):
            self.pool = ThreadPoolExecutor(1)
        before = np.random.get_state()
        np.random.seed(7)
        np.random.set_state(before)
        weight = random.Random(0).random()
        subprocess.run(["true"], check=True)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (X["a"] * np.random.default_rng(0).random()).to_csv(folder + "/x.csv")
        y = self.pool.submit(lambda: X["a"] * weight * params["scale"]).result()
        return pd.DataFrame({"y": y.to_numpy()}, index=X.index)

def _load_pyfunc(path):
    return Model()
"""
"""Uses threads, processes, files and random numbers, and leaves all as it was."""

SOUND: dict[str, tuple[str, dict[str, Any]]] = {
    "busy": (BUSY, {"params": SCALE}),
    "columns": (GOOD, {}),
    "no-outputs": (GOOD, {"outputs": None}),
    "series": ("return X['a'].rename('y')", {}),
    "tensor": ("return X[:, 0]", {"inputs": TENSOR, "outputs": TENSOR_OUT}),
    "tensor-for-columns": ("return (X['a'] + X['b']).to_numpy()", {"outputs": [{"type": "double"}]}),
    "two-tensors": (
        "return {'s': X['l'] + X['r']}",
        {
            "inputs": [
                {"name": name, "type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}} for name in "lr"
            ],
            "outputs": [{"name": "s", "type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}],
        },
    ),
    "params": (
        "return pd.DataFrame({'y': X['a'] * params['scale']})",
        {"params": SCALE},
    ),
    "strings": (
        "return pd.DataFrame({'label': ['long' if len(str(c)) > 3 else 'short' for c in X['c']]})",
        {"inputs": [{"type": "string", "name": "c"}], "outputs": LABEL},
    ),
    "optional": (
        "return pd.DataFrame({'y': X['a'] + (X['b'].fillna(0) if 'b' in X else 0.0)})",
        {"inputs": [A_B[0], {"type": "double", "name": "b", "required": False}]},
    ),
    "every-scalar": (
        "return pd.DataFrame({'y': X['long'].astype('float64')})",
        {
            "inputs": [
                {"type": name, "name": name}
                for name in ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")
            ]
        },
    ),
    "list-of-records": (
        "return [{'y': float(a), 'label': 'x'} for a in X['a']]",
        {"outputs": [*Y, *LABEL]},
    ),
    "dict-of-lists-as-infer-signature-sees-it": (
        "return {'y': X['a'].tolist()}",
        {"outputs": [{"type": "array", "items": {"type": "double"}, "name": "y", "required": True}]},
    ),
    "nested": (
        "return pd.DataFrame({'y': [float(len(v)) for v in X['v']]})",
        {"inputs": [{"type": "array", "items": {"type": "double"}, "name": "v", "required": True}]},
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_model_is_left_alone(name: str, tmp_path: Path) -> None:
    body, parts = SOUND[name]
    found = check(model(tmp_path / "model", body, **parts))
    assert [f"{finding.code} {finding.message}" for finding in found if finding.severity is not Severity.NOTE] == []


def test_every_refusal_is_missed_where_enforcement_is_off(tmp_path: Path) -> None:
    """The one thing that these checks are for: a loader that takes MLflow's enforcement out of the way."""
    array = {"type": "array", "items": {"type": "long"}, "name": "v", "required": True}
    inputs = [*A_B, {"type": "long", "name": "n"}, array]
    body = MUTANTS["switches-enforcement-off"][1]
    found = check(model(tmp_path / "model", body, inputs=inputs, params=SCALE))
    refuses = {f"MLC70{number}" for number in (1, 2, 3, 4, 6, 7)}
    assert refuses <= {finding.code for finding in found}
    tensors = check(model(tmp_path / "tensors", body, inputs=TENSOR, outputs=TENSOR_OUT), {"MLC702", "MLC705"})
    assert {finding.code for finding in tensors} == {"MLC702", "MLC705"}


def test_a_column_that_is_optional_for_a_missing_value_alone_is_only_a_warning(tmp_path: Path) -> None:
    inputs = [A_B[0], {"type": "double", "name": "b", "required": False}]
    folder = model(tmp_path / "model", "return pd.DataFrame({'y': X['a'] + X['b'].fillna(0.0)})", inputs=inputs)
    assert [finding.severity for finding in check(folder, {"MLC606"})] == [Severity.ERROR]
    info = "saved_input_example_info:\n  artifact_path: example.json\n  type: dataframe\n  pandas_orient: split\n"
    (folder / "MLmodel").write_text((folder / "MLmodel").read_text() + info)
    (folder / "example.json").write_text('{"columns": ["a", "b"], "data": [[1.0, null], [2.0, 1.0]]}')
    assert [finding.severity for finding in check(folder, {"MLC606"})] == [Severity.WARNING]


@pytest.mark.parametrize(("body", "found"), [("X['s'].str.len()", 0), ("X['s'].str.len() / 0 * 0", 1)])
def test_nan_for_a_missing_text_or_time_is_no_defect_and_for_a_given_one_is(
    tmp_path: Path, body: str, found: int
) -> None:
    inputs = [{"type": "string", "name": "s", "required": False}, {"type": "datetime", "name": "t", "required": False}]
    answer = f"y = ({body}).astype('float64')\nreturn pd.DataFrame({{'y': y.where(X['t'].notna())}})"
    info = "saved_input_example_info:\n  artifact_path: example.json\n  type: dataframe\n  pandas_orient: split\n"
    folder = model(tmp_path / "model", answer, inputs=inputs)
    (folder / "MLmodel").write_text((folder / "MLmodel").read_text() + info)
    rows = [["a", "2024-02-29T00:00:00"], [None, "2024-02-29T00:00:00"], ["b", None]]
    (folder / "example.json").write_text(json.dumps({"columns": ["s", "t"], "data": rows}))
    assert [finding.code for finding in check(folder, {"MLC807"})] == ["MLC807"] * found


def test_a_random_model_may_say_so(tmp_path: Path) -> None:
    folder = model(tmp_path / "model", "return pd.DataFrame({'y': np.random.rand(len(X))})")
    assert check(folder, deterministic=False) == []


def test_a_model_without_signature_must_answer_its_example(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "model",
        HEAD.format(body="return X['c']"),
        "saved_input_example_info:\n  artifact_path: input_example.json\n  type: dataframe\n  pandas_orient: split\n",
    )
    (folder / "input_example.json").write_text('{"columns": ["a"], "data": [[1.0]]}')
    assert [finding.code for finding in check(folder)] == ["MLC601"]
    (folder / "code" / "handmade_loader.py").write_text(
        (folder / "code" / "handmade_loader.py").read_text().replace("X['c']", "X['a']")
    )
    assert check(folder) == []


def test_a_made_up_category_is_not_an_error(tmp_path: Path) -> None:
    """Without any example nobody knows the categories: that the model refuses an invented one proves nothing."""
    body = "return pd.DataFrame({'y': [{'red': 1.0, 'blue': 2.0}[value] for value in X['c']]})"
    folder = model(tmp_path / "model", body, inputs=[{"type": "string", "name": "c"}])
    assert {finding.severity for finding in check(folder, {"MLC602"})} == {Severity.WARNING}


def test_whoever_names_the_choices_promises_no_others(tmp_path: Path) -> None:
    body = "return pd.DataFrame({'y': [{'red': 1.0, 'blue': 2.0}[value] for value in X['c']]})"
    folder = model(tmp_path / "model", body, inputs=[{"type": "string", "name": "c"}])
    assert check(folder, {"MLC602", "MLC609"}, domain={"c": {"choices": ["red", "blue"]}}) == []


def test_a_value_that_a_narrower_float_rounds_is_not_an_upcast_of_it(tmp_path: Path) -> None:
    """Narrowed to float16, such an income is another one, and the model answers rightly with another prediction."""
    folder = model(tmp_path / "model", GOOD)
    assert check(folder, {"MLC603"}, domain={"a": {"choices": [48843.188, 51234.567]}}) == []


def test_a_model_that_changes_its_mind_is_blamed_for_that_alone(tmp_path: Path) -> None:
    body = (
        "y = X['a'] + getattr(self, 'before', 0.0)\nself.before = X['a'].iloc[-1] + 1.0\nreturn pd.DataFrame({'y': y})"
    )
    found = check(model(tmp_path / "model", body))
    assert {finding.code for finding in found if finding.severity is Severity.ERROR} == {"MLC901"}


@pytest.mark.parametrize("call", range(5, 12))
def test_a_model_that_fails_at_one_call_is_caught_also_at_a_row_that_was_asked_before(
    call: int, tmp_path: Path
) -> None:
    body = (
        f"self.calls = getattr(self, 'calls', 0) + 1\nif self.calls == {call}:\n    raise RuntimeError('expired')\n"
        "return pd.DataFrame({'y': X['a'] * 1.0})"
    )
    folder = model(tmp_path / "model", body, inputs=[{"type": "boolean", "name": "a"}])
    assert [finding.code for finding in check(folder, {"MLC602"})] == ["MLC602"]


def test_a_model_that_drops_numbers_by_chance_is_blamed_for_that_alone(tmp_path: Path) -> None:
    body = "return pd.DataFrame({'y': X['a'] * (np.random.default_rng().random(len(X)) > 0.1)})"
    found = check(model(tmp_path / "model", body))
    assert {finding.code for finding in found if finding.severity is Severity.ERROR} == {"MLC901"}


def test_a_model_that_answers_nothing_is_told_so_once(tmp_path: Path) -> None:
    """Every variation of a row that is not answered would only say the same again."""
    found = check(model(tmp_path / "model", "raise KeyError('SCALE')"))
    assert [finding.code for finding in found] == ["MLC602"]


def test_a_chat_model_is_held_to_its_example_and_not_to_rows(tmp_path: Path) -> None:
    """Its signature is MLflow's own, wider than MLflow's own loader, and its answers hold the time and an id."""
    save_chat_model(tmp_path / "model", "messages[-1].content")
    assert check(tmp_path / "model") == []
    save_chat_model(tmp_path / "broken", "str(1 / len(messages[-1].content[:0])) if self.loaded else ''")
    assert [finding.code for finding in check(tmp_path / "broken")] == ["MLC601"]


def save_chat_model(folder: Path, answer: str) -> None:
    source = f"""
    from mlflow.types.llm import ChatCompletionResponse

    class Model(mlflow.pyfunc.ChatModel):
        loaded = False

        def load_context(self, context):
            self.loaded = "cwd" in __import__("os").getcwd()

        def predict(self, context, messages, params=None):
            message = {{"role": "assistant", "content": {answer}}}
            return ChatCompletionResponse.from_dict({{"choices": [{{"message": message}}]}})
    """
    save_model(folder, source)


def test_one_cause_is_one_finding_whatever_the_number_of_columns(tmp_path: Path) -> None:
    names = ["a", "b", "c", "d", "e", "f"]
    inputs = [{"type": "double", "name": name, "required": False} for name in names]
    body = "return pd.DataFrame({'y': sum(X[name] for name in 'abcdef')})"
    found = check(model(tmp_path / "m", body, inputs), {"MLC606"})
    assert [one.code for one in found] == ["MLC606"]
    assert "optional column 'a' is left out (likewise 'b', 'c', 'd' and 2 more)" in found[0].message


def test_that_infinities_are_rejected_is_only_a_note(tmp_path: Path) -> None:
    found = check(model(tmp_path / "m", "assert not np.isinf(X.to_numpy()).any()\n" + GOOD), {"MLC609"})
    assert {(one.code, one.severity) for one in found} == {("MLC609", Severity.NOTE)}


def test_that_a_model_needs_a_row_is_only_a_note(tmp_path: Path) -> None:
    found = check(model(tmp_path / "model", "assert len(X)\n" + GOOD), {"MLC609"})
    assert [finding.severity for finding in found] == [Severity.NOTE]
    assert found[0].message == "the signature is wider than the model: it rejects input where there are no rows"


def test_a_row_that_is_dropped_at_an_edge_is_an_error_and_a_forecast_a_warning(tmp_path: Path) -> None:
    def severities(name: str, body: str) -> list[tuple[str, Severity]]:
        found = check(model(tmp_path / name, body), {"MLC805", "MLC903", "MLC904"})
        return [(finding.code, finding.severity) for finding in found]

    forecast = "return pd.DataFrame({'y': np.arange(7.0)})"
    summary = "return pd.DataFrame({'y': [X['a'].abs().sum()]})"
    assert severities("drops", "return pd.DataFrame({'y': X['a'].dropna()})") == [("MLC805", Severity.ERROR)]
    assert severities("first", "return pd.DataFrame({'y': X['a'].head(1)})") == [("MLC805", Severity.ERROR)]
    assert severities("forecast", forecast) == [("MLC805", Severity.WARNING)]
    assert severities("summary", summary) == [("MLC805", Severity.WARNING)]


def test_a_time_zone_of_the_machine_is_only_a_warning(tmp_path: Path) -> None:
    body = "import time\nreturn pd.DataFrame({'y': X['a'] + time.localtime(0).tm_hour})"
    found = check(model(tmp_path / "model", body), {"MLC902"})
    assert [(finding.severity, finding.subject) for finding in found] == [(Severity.WARNING, "time zone")]


def test_a_model_that_hangs_is_given_up(tmp_path: Path) -> None:
    body = "import time\nself.calls = getattr(self, 'calls', 0) + 1\ntime.sleep(60 if self.calls > 1 else 0)\n" + GOOD
    started = time.monotonic()
    assert check(model(tmp_path / "model", body), {"MLC602", "MLC608", "MLC609"}, time_limit=0.3)
    assert time.monotonic() - started < 30


def test_one_answer_to_all_rows_is_only_a_warning(tmp_path: Path) -> None:
    """`infer_signature` writes the same for `{"y": 1.0}`, meant for all rows, as for a table with a column y."""
    found = check(model(tmp_path / "model", "return {'y': float(len(X))}"), {"MLC805"})
    assert [finding.severity for finding in found] == [Severity.WARNING]


def test_a_defect_of_ours_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlcheck.contract.under_test.typical_cases", lambda _: 1 / 0)
    found = check(model(tmp_path / "model", GOOD))
    assert [finding.code for finding in found] == ["MLC001"]
    assert "check MLC602 (accepts-typical-input) failed on this model: ZeroDivisionError" in found[0].message
