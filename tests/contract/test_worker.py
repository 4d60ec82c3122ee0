"""What a model's process makes of data, outputs and models; also under the interpreters in MLCHECK_TEST_PYTHONS.

Those are paths, separated as in PATH, of interpreters with some MLflow each, in which mlcheck is not installed.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import subprocess
import sys
import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from mlcheck.contract import worker
from mlcheck.contract.data import ColumnData, Frame, Opaque, Series, describe, from_wire, to_pandas, to_wire
from mlcheck.contract.outcome import Answered, Raised, Refused, Served, Unavailable
from mlcheck.contract.process import ModelProcess
from tests.contract.models import DOUBLE, error_of, output_of, write_model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHONS = [None, *filter(None, os.environ.get("MLCHECK_TEST_PYTHONS", "").split(os.pathsep))]


@pytest.fixture(scope="module", params=PYTHONS, ids=lambda path: str(path or "this").split("/bin/")[0])
def python(request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.param
    return found


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    worker.import_libraries()


# --- the wire format: worker.py and contract/data say the same ---------------------------------------------------

# ruff: noqa: DTZ001, E501 - naive datetimes are data like any other
PLAIN: list[object] = [
    None, True, 0, -(2**63), 2**64, 1.5, -0.0, math.inf, "", "añ\ud800\0", b"", b"\xff\0", [], [1, [2.5, "x"]], (1, (2,)),
    {"a": 1, 2: [None]}, {}, dt.datetime(2024, 1, 2, 3, 4, 5, 6), dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
    dt.date(2024, 2, 29), dt.timedelta(days=-1, microseconds=5), Decimal("1.10"), {1}, frozenset({"x"}),
]  # fmt: skip
NUMPY: list[object] = [
    np.int8(-5), np.uint64(2**64 - 1), np.float32(0.1), np.bool_(True), np.str_("x"), np.bytes_(b"x"), np.complex64(1j),
    np.datetime64("2024-01-01T00:00:00.000000001"), np.datetime64("NaT"), np.timedelta64(5, "s"),
    np.arange(6, dtype=">i2").reshape(2, 3), np.zeros((0, 3)), np.array(["a", "bc"]), np.array([b"a", b""]), np.array(7),
    np.array([1, None, "x", [1, 2]], dtype=object), np.array(["2024-01-01"], dtype="datetime64[D]"), np.array([1 + 2j]),
]  # fmt: skip
PANDAS: list[object] = [
    pd.NaT, pd.NA, pd.Timestamp("2024-01-01 00:00:00.000000001"), pd.Timestamp("2024-01-01", tz="Europe/Paris"),
    pd.Timedelta(5, "ns"), pd.Series([1.5, None], name="s"), pd.Series(["a", None], index=[3, 1]),
    pd.Series([1, None], dtype="Int64"), pd.Series(pd.Categorical(["x", "y", "x"])), pd.Series([], dtype="object"),
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [b"\1", {"k": [1]}], "d": pd.Series(["2024-01-01", None], dtype="datetime64[ns]")}),
    pd.DataFrame([[1, 2]], columns=["same", "same"]), pd.DataFrame({0: [True], ("t", 1): [np.float32(1)]}, index=["r"]),
    pd.DataFrame(), pd.DataFrame(index=range(3)), pd.DataFrame(np.arange(60, dtype="int16").reshape(3, 20)),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN + NUMPY + PANDAS, ids=lambda value: f"{type(value).__name__}")
def test_worker_and_parent_write_the_same(value: object) -> None:
    assert same(worker.encode(value), to_wire(describe(value)))


@pytest.mark.parametrize("value", PLAIN + NUMPY + PANDAS, ids=lambda value: f"{type(value).__name__}")
def test_worker_makes_what_the_parent_would(value: object) -> None:
    wire = json.loads(json.dumps(to_wire(describe(value))))
    made, expected = worker.make(wire), to_pandas(from_wire(wire))
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(made, expected)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(made, expected)
    else:
        assert type(made) is type(expected)
        assert same(to_wire(made), to_wire(expected))


def same(left: object, right: object) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def test_text_is_what_pandas_infers() -> None:
    wire = to_wire(Frame((ColumnData("a", "text", ["x", None]),), 2))
    assert worker.make(wire)["a"].dtype == pd.Series(["x"]).dtype
    assert worker.make(to_wire(Series("a", "object", ["x"]))).dtype == object


def test_data_that_pandas_cannot_hold_is_unavailable() -> None:
    with pytest.raises(worker.Unavailable, match="the data cannot be made here"):
        worker.make(to_wire(Frame((ColumnData("a", "no-such-dtype", [1]),), 1)))


class Hostile:
    def __repr__(self) -> str:
        raise SystemExit

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


def hold_itself(container: Any) -> Any:
    container["x" if isinstance(container, dict) else slice(0, 0)] = (
        [container] if isinstance(container, list) else container
    )
    return container


def nest(depth: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "value",
    [
        Hostile(), [Hostile()], {"k": Hostile()}, hold_itself([]), hold_itself({}), nest(5000), (n for n in range(3)), iter([]),
        object, len, lambda: None,  1j, np.zeros(3, dtype="i4,f8"), np.void(b"x"), np.ma.masked_array([1], [True]),
        pd.Series(pd.period_range("2024", periods=2)), pd.Index([1]), memoryview(b"x"), range(3), {"x" * 40_000_000},
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_no_output_is_too_odd(value: object) -> None:
    text = json.dumps(worker.encode(value))
    assert len(text) < 10_000
    assert from_wire(json.loads(text)) is not None


def test_what_is_too_large_is_named() -> None:
    for value in (np.zeros(10_000_000), pd.DataFrame({"a": range(10_000_000)}), ["x" * 1000] * 100_000):
        found = from_wire(worker.encode(value))
        assert isinstance(found, Opaque)
        assert found.text == "<more than 32 MB>"


def test_what_json_cannot_write_is_named(tmp_path: Path) -> None:
    source = """
    class Huge:
        def predict(self, data):
            return [10 ** 5000]
    def _load_pyfunc(path):
        return Huge()
    """
    with ModelProcess(write_model(tmp_path / "model", source)) as process:
        assert isinstance(output_of(process.predict([1])), Opaque)


# --- models ------------------------------------------------------------------------------------------------------

ECHO = """
class Echo:
    def predict(self, data):
        return data
def _load_pyfunc(path):
    return Echo()
"""


@pytest.fixture(scope="module")
def echo(python: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelProcess]:
    with ModelProcess(write_model(tmp_path_factory.mktemp("echo") / "model", ECHO), python=python) as process:
        yield process


def test_loading_a_plain_model_reaches_for_nothing(echo: ModelProcess) -> None:
    loaded = echo.load()
    assert isinstance(loaded, Answered), str(loaded)
    assert (loaded.seen.network, loaded.seen.writes, loaded.seen.op) == ((), (), "load")
    assert loaded.seen.seconds > 0


def test_data_comes_back_as_it_went(echo: ModelProcess) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [0.5, None], "c": ["x", "y"], "d": pd.to_datetime(["2024-01-01"] * 2)})
    outcome = echo.predict(frame)
    assert isinstance(outcome, Answered)
    returned: Any = to_pandas(output_of(outcome))
    assert returned.astype({"c": "object", "d": "datetime64[ns]"}).equals(
        frame.astype({"c": "object", "d": "datetime64[ns]"})
    )
    for value in (np.arange(6, dtype="float32").reshape(2, 3), {"a": np.array([1])}):
        assert same(to_wire(output_of(echo.predict(value))), to_wire(value))


def test_a_close_look_works_everywhere(echo: ModelProcess) -> None:
    found: Any = echo.predict(pd.DataFrame({"a": [1.0, math.nan]}), closely=True)
    assert (found.serialised.ok, found.serialised.strict_json, found.seen.input_changed) == (True, False, False)


def test_the_server_answers_everywhere(echo: ModelProcess) -> None:
    served: Any = echo.serve(b'{"dataframe_split": {"columns": ["a"], "data": [[1], [2]]}}', "application/json")
    if isinstance(served, Unavailable):
        pytest.skip(served.reason)
    assert isinstance(served, Served)
    assert (served.status, json.loads(served.body)) == (200, {"predictions": [{"a": 1}, {"a": 2}]})
    assert served.content_type == "application/json"
    assert served.seen.inner_calls == 1
    assert status_of(echo, b"a\n1\n", "text/csv") == 200
    assert status_of(echo, b"[", "application/json") == 400
    assert status_of(echo, b"x", "image/png") == 415


def status_of(process: ModelProcess, body: bytes, content_type: str) -> int:
    served = process.serve(body, content_type)
    assert isinstance(served, Served)
    return served.status


SAVE = """
import sys
import mlflow.pyfunc
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema
{source}
signature = ModelSignature(inputs=Schema([ColSpec("double", "a")]))
mlflow.pyfunc.save_model(sys.argv[1], python_model=model, signature=signature, pip_requirements=["mlflow"])
"""


def save_with(python: str | None, folder: Path, source: str) -> Path:
    """Save `model` of the source by the interpreter's own MLflow, pickled as it does."""
    code = SAVE.format(source=textwrap.dedent(source))
    script = folder.with_suffix(".py")
    script.write_text(code)
    saved = subprocess.run(
        [python or sys.executable, script, folder], capture_output=True, cwd=folder.parent, text=True, check=False
    )
    if saved.returncode != 0:
        pytest.skip(saved.stderr[-200:])
    return folder


def test_the_inner_predict_of_a_python_model_is_counted(python: str | None, tmp_path: Path) -> None:
    source = """
    class Model(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            self.loaded = True
        def predict(self, context, model_input):
            import copy, pickle
            assert self.loaded and "predict" not in vars(self) and context is not None
            twin = copy.deepcopy(self)
            twin.loaded = False
            if model_input["a"].iloc[0] < 0:
                raise ValueError("negative")
            return [pickle.loads(pickle.dumps(len))(model_input)]
    model = Model()
    """
    with ModelProcess(save_with(python, tmp_path / "model", source), python=python) as process:
        good, bad = (process.predict(pd.DataFrame({"a": [value]})) for value in (1.0, -1.0))
        refused = process.predict(pd.DataFrame({"b": [1.0]}))
    assert (good.kind, output_of(good), good.seen.inner_calls) == ("answered", [1], 1)
    assert (bad.kind, error_of(bad).message, bad.seen.inner_calls) == ("raised", "negative", 1)
    assert (refused.kind, refused.seen.inner_calls) == ("refused", 0)


def test_the_inner_predict_of_a_function_is_counted(python: str | None, tmp_path: Path) -> None:
    source = """
    def model(model_input):
        return model_input["a"].tolist()
    if mlflow.__version__.startswith("2.0"):
        sys.exit("MLflow 2.0 takes no functions")
    """
    with ModelProcess(save_with(python, tmp_path / "model", source), python=python) as process:
        good = process.predict(pd.DataFrame({"a": [1.0]}))
    assert good.kind == "answered", str(good)
    assert (output_of(good), good.seen.inner_calls) == ([1.0], 1)


def test_a_model_of_another_flavor_is_counted(python: str | None, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    code = """
    import sys
    import mlflow.sklearn
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema
    from sklearn.linear_model import LinearRegression
    model = LinearRegression().fit(pd.DataFrame({"a": [1.0, 2.0]}), [2.0, 4.0])
    signature = ModelSignature(inputs=Schema([ColSpec("double", "a")]))
    mlflow.sklearn.save_model(model, sys.argv[1], signature=signature, pip_requirements=["mlflow"])
    """
    script = tmp_path / "save.py"
    script.write_text(textwrap.dedent(code))
    saved = subprocess.run(
        [python or sys.executable, script, tmp_path / "model"], capture_output=True, cwd=tmp_path, check=False
    )
    if b"No module named" in saved.stderr:
        pytest.skip("scikit-learn is not installed there")
    with ModelProcess(tmp_path / "model", python=python) as process:
        good = process.predict(pd.DataFrame({"a": [1.0, 3.0]}))
        raised = process.predict(pd.DataFrame({"a": [math.nan]}))
        refused = process.predict(pd.DataFrame({"a": [["x"]]}))
        native = process.load_flavor("sklearn")
    assert good.seen.inner_calls == 1
    assert isinstance(raised, Raised)
    assert error_of(raised).is_a("ValueError")
    assert isinstance(refused, Refused)
    assert isinstance(native, Answered)


def test_handmade_folders_are_enforced(python: str | None, tmp_path: Path) -> None:
    source = """
    class Plain:
        def predict(self, data):
            data["a"] = 0.0
            return data["a"].tolist()
    def _load_pyfunc(path):
        return Plain()
    """
    with ModelProcess(write_model(tmp_path / "model", source, DOUBLE), python=python) as process:
        assert isinstance(process.predict(pd.DataFrame({"b": [1.0]})), Refused)
        assert isinstance(process.predict(pd.DataFrame({"a": [1.0]})), Answered)
    with ModelProcess(write_model(tmp_path / "open", source), python=python) as process:
        assert process.predict(pd.DataFrame({"a": [1.0]}), closely=True).seen.input_changed
        assert process.predict({"a": np.ones(2)}, closely=True).seen.input_changed


def test_params_reach_the_model(tmp_path: Path) -> None:
    source = """
    class Plain:
        def predict(self, data, params=None):
            return [params]
    def _load_pyfunc(path):
        return Plain()
    """
    params = """  params: '[{"name": "k", "type": "long", "default": 3, "shape": null}]'\n"""
    with ModelProcess(write_model(tmp_path / "model", source, DOUBLE + params)) as process:
        frame = pd.DataFrame({"a": [1.0]})
        assert output_of(process.predict(frame)) == [{"k": 3}]
        assert output_of(process.predict(frame, {"k": 5})) == [{"k": 5}]
        assert isinstance(process.predict(frame, {"k": "x"}), Refused)


HINTED = """
from typing import List
import mlflow, pydantic
class Row(pydantic.BaseModel):
    a: int
class Model(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: List[Row]) -> List[int]:
        return [row.a for row in model_input if row.a or 1 / 0]
mlflow.models.set_model(Model())
"""


def test_refusals_by_type_hints_do_not_reach_the_model(tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415

    script = tmp_path / "hinted.py"
    script.write_text(HINTED)
    mlflow.pyfunc.save_model(tmp_path / "model", python_model=str(script), pip_requirements=["mlflow"])
    with ModelProcess(tmp_path / "model") as process:
        good = process.predict([{"a": 1}, {"a": 2}])
        refused = process.predict([{"a": "x"}])
        raised = process.predict([{"a": 0}])
    assert (output_of(good), good.seen.inner_calls) == ([1, 2], 1)
    assert (refused.kind, refused.seen.inner_calls, error_of(refused).is_a("MlflowException")) == ("refused", 0, True)
    assert (raised.kind, raised.seen.inner_calls) == ("raised", 1)


CHAT = """
import mlflow
from mlflow.types.llm import ChatCompletionResponse, ChatMessage
class Model(mlflow.pyfunc.ChatModel):
    def predict(self, context, messages, params):
        text = messages[-1].content
        if text == "fail":
            raise ValueError(text)
        choice = {"index": 0, "message": ChatMessage(role="assistant", content=text).to_dict(), "finish_reason": "stop"}
        return ChatCompletionResponse.from_dict({"choices": [choice], "usage": {}, "model": "echo"})
mlflow.models.set_model(Model())
"""


def test_the_inner_predict_of_a_chat_model_is_counted(tmp_path: Path) -> None:
    import mlflow  # noqa: PLC0415

    script = tmp_path / "chat.py"
    script.write_text(CHAT)
    mlflow.pyfunc.save_model(tmp_path / "model", python_model=str(script), pip_requirements=["mlflow"])
    with ModelProcess(tmp_path / "model") as process:
        good, raised = (
            process.predict({"messages": [{"role": "user", "content": text}]}) for text in ("hello", "fail")
        )
        refused = process.predict({"messages": "hello"})
    assert output_of(good)["choices"][0]["message"]["content"] == "hello"
    assert (raised.kind, raised.seen.inner_calls, error_of(raised).message) == ("raised", 1, "fail")
    assert (refused.kind, refused.seen.inner_calls) == ("refused", 0)


SPREADING = """
import multiprocessing, os, subprocess, sys
def double(value):
    return value * 2
class Model:
    def predict(self, data):
        import handmade_loader
        with multiprocessing.get_context(data).Pool(2) as pool:
            return pool.map(handmade_loader.double, [1, 2, 3])
def _load_pyfunc(path):
    return Model()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_model_may_use_processes_of_its_own(tmp_path: Path, method: str) -> None:
    with ModelProcess(write_model(tmp_path / "model", SPREADING)) as process:
        outcome = process.predict(method)
        assert output_of(outcome) == [2, 4, 6]
        assert outcome.seen.network == outcome.seen.writes == ()
