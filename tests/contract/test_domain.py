"""What is typical: from configuration, sample, example and plain values, in that order."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.models import Model, ModelSignature
from mlflow.models.utils import _Example, _read_example

from mlcheck.contract.data import Frame, describe, to_pandas
from mlcheck.contract.domain import PLAIN, Domain, DomainError, Example, Values, read_example
from mlcheck.signature import SCALAR_TYPES, Signature
from tests.contract.signatures import PARAMS, columns, make, tensors

NAN = math.nan
time_of = dt.datetime.fromisoformat


def leaf(domain: Domain, name: object = "a", *path: str) -> Values:
    return next(item.leaves[path] for item in domain.inputs if item.name == name)


def of_example(type_: str, *values: object, **config: Any) -> Domain:
    frame = Frame((), 0) if not values else describe(pd.DataFrame({"a": pd.Series(list(values), dtype=object)}))
    return Domain.from_sources(columns(("a", type_)), {"a": config} if config else None, example=Example(frame))


# --- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALAR_TYPES)
def test_plain_values_contain_what_they_give(name: str) -> None:
    assert all(PLAIN[name].contains(PLAIN[name].at(i)) for i in range(200))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.integers(0, 500))
def test_whole_numbers_are_given_from_the_range(low: int, high: int, index: int) -> None:
    low, high = sorted((low, high))
    assert low <= Values((low,), low, high).at(index) <= high  # type: ignore[operator]


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 500),
)
def test_doubles_are_given_from_the_range(low: float, high: float, index: int) -> None:
    low, high = sorted((low, high))
    assert low <= Values((low,), low, high).at(index) <= high  # type: ignore[operator]


@given(st.datetimes(), st.datetimes(), st.integers(0, 500))
def test_times_are_given_from_the_range(low: dt.datetime, high: dt.datetime, index: int) -> None:
    low, high = sorted((low, high))
    assert low <= Values((low,), low, high).at(index) <= high  # type: ignore[operator]


def test_ends_of_a_range_come_early_and_numbers_are_short() -> None:
    values = Values((2.5,), 0.0, 10.0)
    assert [values.at(i) for i in range(3)] == [2.5, 0.0, 10.0]
    assert all(len(str(values.at(i))) <= 6 for i in range(100))


# --- what an example tells -------------------------------------------------------------------------------


def test_fractions_in_an_example_are_a_range() -> None:
    values = leaf(of_example("double", 1.5, 7.25))
    assert (values.low, values.high, values.source) == (1.5, 7.25, "example")
    assert values.contains(3.0)
    assert not values.contains(1.25)


@pytest.mark.parametrize("type_", ["long", "double"])
def test_few_whole_numbers_in_an_example_may_be_codes(type_: str) -> None:
    values = leaf(of_example(type_, 1, 3))
    assert values.contains(type(values.choices[0])(3))
    assert not values.contains(type(values.choices[0])(2))


def test_many_whole_numbers_in_an_example_are_a_range() -> None:
    values = leaf(of_example("long", *range(0, 100, 4)))
    assert (values.low, values.high) == (0, 96)


def test_texts_in_an_example_are_categories() -> None:
    values = leaf(of_example("string", "red", "blue", "red"))
    assert values.choices == ("red", "blue")
    assert not values.contains("green")


def test_null_is_typical_where_an_example_shows_it() -> None:
    assert leaf(of_example("double", 1.5, NAN)).contains(NAN)
    assert leaf(of_example("string", "a", None)).contains(None)
    assert not leaf(of_example("double", 1.5)).contains(NAN)


def test_no_null_is_kept_of_whole_numbers() -> None:
    domain = Domain.from_sources(columns(("a", "long", False)), example=Example([{"a": 3}, {"a": None}, {"a": 4}]))
    assert domain.inputs[0].shown == (3, 4, 4)


def test_an_example_with_other_types_tells_nothing() -> None:
    assert leaf(of_example("long", "a", "b")).source == "plain"
    assert leaf(of_example("long", 1.5)).source == "plain"


@pytest.mark.parametrize(
    "data",
    [
        describe(pd.DataFrame({"b": ["x", "y"], "a": [1, 2]})),
        {"a": [1, 2], "b": ["x", "y"]},
        {"a": np.array([1, 2]), "b": np.array(["x", "y"])},
        [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
    ],
)
def test_rows_are_taken_out_of_every_container(data: object) -> None:
    domain = Domain.from_sources(columns(("a", "long"), ("b", "string")), example=Example(data))
    assert [item.shown for item in domain.inputs] == [(1, 2), ("x", "y")]
    assert domain.rows == 2


@pytest.mark.parametrize("data", [{"a": 1, "b": "x"}, [[1, "x"]], describe(pd.DataFrame([[1, "x"]]))])
def test_one_row_is_taken_out_of_every_container(data: object) -> None:
    names = ({"name": "a"}, {"name": "b"}) if isinstance(data, dict) else ({}, {})
    inputs = [{"type": "long", **names[0]}, {"type": "string", **names[1]}]
    domain = Domain.from_sources(make({"inputs": inputs}), example=Example(data))
    assert [item.shown for item in domain.inputs] == [(1,), ("x",)]


@pytest.mark.parametrize(("data", "shown"), [("word", ("word",)), (["p", "q"], ("p", "q")), (np.array(["p"]), ("p",))])
def test_a_lone_column_takes_scalars_and_lists(data: object, shown: tuple[object, ...]) -> None:
    domain = Domain.from_sources(make({"inputs": [{"type": "string"}]}), example=Example(data))
    assert domain.inputs[0].shown == shown


def test_a_dictionary_is_one_row_where_a_column_holds_lists() -> None:
    inputs = [
        {"name": "a", "type": "array", "items": {"type": "double"}, "required": True},
        {"name": "b", "type": "string"},
    ]
    domain = Domain.from_sources(make({"inputs": inputs}), example=Example({"a": [1, 2.5], "b": "x"}))
    assert [item.shown for item in domain.inputs] == [([1.0, 2.5],), ("x",)]
    assert leaf(domain).contains(2.0)


def test_properties_are_known_one_by_one() -> None:
    properties = {"x": {"type": "double"}, "tags": {"type": "array", "items": {"type": "string"}}}
    inputs = [{"name": "a", "type": "object", "properties": properties, "required": True}]
    shown = [{"a": {"x": 1.5, "tags": ["p"]}}, {"a": {"x": 2.5, "tags": ["q", "p"]}}]
    domain = Domain.from_sources(make({"inputs": inputs}), example=Example(shown))
    assert (leaf(domain, "a", "x").low, leaf(domain, "a", "x").high) == (1.5, 2.5)
    assert leaf(domain, "a", "tags").choices == ("p", "q")


def test_optional_columns_that_an_example_lacks_are_typically_absent() -> None:
    signature = columns(("a", "long"), ("b", "string", False), ("c", "double", False))
    example = Example([{"a": 1}])
    assert Domain.from_sources(signature, example=example).absent == {"b", "c"}
    assert Domain.from_sources(signature, {"c": {"min": 0}}, example=example).absent == {"b"}
    assert not Domain.from_sources(signature).absent


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (np.arange(6, dtype="float32").reshape(2, 3) + 0.5, 2),
        (describe(pd.DataFrame(np.arange(6, dtype="float32").reshape(2, 3) + 0.5)), 2),
    ],
)
def test_tensors_are_known_row_by_row(data: object, count: int) -> None:
    domain = Domain.from_sources(tensors((None, "float32", [-1, 3])), example=Example(data))
    assert [row.tolist() for row in domain.inputs[0].shown] == [[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]][:count]
    assert (leaf(domain, 0).low, leaf(domain, 0).high) == (0.5, 5.5)


def test_sparse_examples_are_known_row_by_row() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0.0, 1.5], [2.5, 0.0]])
    for form in (sparse.csr_matrix, sparse.csc_matrix):
        domain = Domain.from_sources(tensors((None, "float64", [-1, 2])), example=Example(describe(form(dense))))
        assert [row.tolist() for row in domain.inputs[0].shown] == dense.tolist()


def test_named_tensors_are_known_by_name() -> None:
    data = {"a": np.ones((2, 4), "float32"), "b": np.array([5, 6])}
    domain = Domain.from_sources(tensors(("a", "float32", [-1, -1]), ("b", "int64", [-1])), example=Example(data))
    assert [len(item.shown) for item in domain.inputs] == [2, 2]
    assert leaf(domain, "b").choices == (5, 6)


def test_params_of_the_example_are_typical() -> None:
    signature = columns(("a", "long"), params=PARAMS)
    domain = Domain.from_sources(
        signature, {"r": {"min": 0, "max": 1}}, example=Example([{"a": 1}], {"k": 7, "ks": [3]})
    )
    assert domain.params["k"].choices == (5, 7)
    assert domain.params["ks"].contains([3])
    assert (domain.params["r"].low, domain.params["r"].high) == (0.0, 1.0)


# --- configuration ---------------------------------------------------------------------------------------


def test_configured_limits_come_before_the_example() -> None:
    domain = of_example("double", 5.5, 200.5, min=0, max=120)
    assert (leaf(domain).low, leaf(domain).high, leaf(domain).source) == (0.0, 120.0, "configuration")
    assert domain.inputs[0].shown[0] == 5.5
    assert leaf(domain).contains(domain.inputs[0].shown[1])


def test_a_limit_left_out_is_taken_from_the_example() -> None:
    values = leaf(of_example("long", *range(10, 90), max=1000))
    assert (values.low, values.high) == (10, 1000)
    assert (leaf(of_example("long", 5, min=100)).low, leaf(of_example("long", 5, min=100)).high) == (100, 100)


def test_configured_choices_replace_all_else() -> None:
    domain = of_example("string", "x", "b", choices=["a", "b"])
    assert leaf(domain).choices == ("a", "b")
    assert domain.inputs[0].shown == ("a", "b")


def test_configured_pattern_gives_texts_that_match() -> None:
    values = leaf(Domain.from_sources(columns(("a", "string")), {"a": {"pattern": "[A-Z]{2}-[0-9]{3}"}}))
    assert len(set(values.choices)) == 5
    assert all(re.fullmatch("[A-Z]{2}-[0-9]{3}", text) for text in values.choices)
    assert values.contains("XY-123")
    assert not values.contains("XY-1234")


def test_a_pattern_of_few_texts_gives_those() -> None:
    values = leaf(Domain.from_sources(columns(("a", "string")), {"a": {"pattern": "a|b"}}))
    assert set(values.choices) == {"a", "b"}


def test_nullable_can_be_set_and_unset() -> None:
    assert leaf(of_example("double", 1.5, nullable=True)).nullable
    assert not leaf(of_example("double", 1.5, NAN, nullable=False)).nullable


def test_dates_are_read_from_text_and_from_toml() -> None:
    values = leaf(
        Domain.from_sources(columns(("a", "datetime")), {"a": {"min": "2020-01-01", "max": dt.date(2021, 1, 1)}})
    )
    assert (values.low, values.high) == (time_of("2020-01-01"), time_of("2021-01-01"))


def test_properties_are_configured_by_dotted_name() -> None:
    inputs = [{"name": "a", "type": "object", "properties": {"x": {"type": "long"}}, "required": True}]
    domain = Domain.from_sources(make({"inputs": inputs}), {"a.x": {"choices": [7]}})
    assert leaf(domain, "a", "x").choices == (7,)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"ag": {"min": 0}}, "domain of 'ag': the signature has no such input or param, did you mean 'age'?"),
        ({"age": 5}, "domain of 'age': a table with min, max, choices, pattern or nullable is needed"),
        ({"age": {"minn": 0}}, "domain of 'age': unknown key 'minn', did you mean 'min'?"),
        ({"age": {"min": 5, "max": 1}}, "domain of 'age': min 5 is greater than max 1"),
        ({"age": {"min": 1.5}}, "domain of 'age' (long), min: a whole number from -9223372036854775808"),
        ({"age": {"min": "x"}}, "domain of 'age' (long), min: a whole number"),
        ({"age": {"max": NAN}}, "domain of 'age': max must be finite, not nan; leave it out for no limit"),
        ({"age": {"min": -math.inf}}, "domain of 'age': min must be finite, not -inf"),
        ({"age": {"pattern": "a"}}, "domain of 'age': pattern is for strings, 'age' is long"),
        ({"age": {"choices": []}}, "domain of 'age': choices must be a list with at least one value"),
        ({"age": {"choices": [1], "min": 1}}, "domain of 'age': give only one of choices, pattern and min with max"),
        ({"age": {"nullable": "no"}}, "domain of 'age': nullable must be true or false, not 'no'"),
        ({"city": {"min": 0}}, "domain of 'city': min and max are for numbers and times, 'city' is string"),
        ({"city": {"pattern": "("}}, "pattern '(' cannot be used"),
        ({"city": {"pattern": 5}}, "domain of 'city': pattern must be a regular expression, not 5"),
        ({"ks": {"min": 0}}, "domain of 'ks': only choices can be given for a param that is a list of long"),
    ],
)
def test_a_configuration_without_sense_is_an_error(config: dict[str, Any], message: str) -> None:
    with pytest.raises(DomainError, match=f"^{re.escape(message)}"):
        Domain.from_sources(columns(("age", "long"), ("city", "string"), params=PARAMS), config)


# --- samples ---------------------------------------------------------------------------------------------

SAMPLE = pd.DataFrame(
    {
        "age": [31, 25, 47],
        "zip": ["01067", "10115", "80331"],
        "rate": [0.5, None, 2.5],
        "ok": [True, False, True],
        "at": ["2024-01-01", "2024-02-01", "2024-03-01"],
        "other": [1, 2, 3],
    }
)
SPECS = [("age", "long"), ("zip", "string"), ("rate", "double"), ("ok", "boolean"), ("at", "datetime")]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_sample_tells_ranges_categories_and_nulls(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sample.{ending}"
    SAMPLE.to_csv(path, index=False) if ending == "csv" else SAMPLE.to_parquet(path)
    domain = Domain.from_sources(columns(*SPECS), sample=path)
    assert domain.rows == 3
    assert [item.shown[0] for item in domain.inputs] == [31, "01067", 0.5, True, time_of("2024-01-01")]
    assert leaf(domain, "zip").choices == ("01067", "10115", "80331")
    assert (leaf(domain, "rate").low, leaf(domain, "rate").nullable) == (0.5, True)
    assert leaf(domain, "at").source == "sample"


def test_what_a_sample_lacks_is_taken_from_the_example(tmp_path: Path) -> None:
    SAMPLE[["age"]].to_csv(tmp_path / "sample.csv", index=False)
    example = Example([{"age": 99, "zip": "20095"}])
    domain = Domain.from_sources(columns(*SPECS[:2]), sample=tmp_path / "sample.csv", example=example)
    assert [item.shown for item in domain.inputs] == [(31, 25, 47), ("20095",) * 3]


def test_a_large_sample_is_thinned_but_all_of_it_counts(tmp_path: Path) -> None:
    pd.DataFrame({"age": range(5000)}).to_csv(tmp_path / "sample.csv", index=False)
    domain = Domain.from_sources(columns(("age", "long")), sample=tmp_path / "sample.csv")
    assert domain.rows == 100
    assert (leaf(domain, "age").low, leaf(domain, "age").high) == (0, 4999)
    assert domain.inputs[0].shown[-1] == 4950


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "age\nold\n", "a.csv', column 'age' (long), row 0: a whole number"),
        ("a.csv", "years\n1\n", "a.csv' has none of the columns 'age'"),
        ("a.csv", "", "a.csv' cannot be read: No columns to parse"),
        ("a.txt", "age\n1\n", "a.txt' must be a file with the ending .csv or .parquet"),
        ("a.parquet", "age\n1\n", "a.parquet' cannot be read: "),
    ],
)
def test_a_sample_that_cannot_be_used_is_an_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DomainError, match=re.escape(message)):
        Domain.from_sources(columns(("age", "long")), sample=tmp_path / name)


def test_a_missing_sample_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match=r"cannot be read: .*No such file"):
        Domain.from_sources(columns(("age", "long")), sample=tmp_path / "no.csv")


# --- reading examples ------------------------------------------------------------------------------------

NESTED = [
    {"name": "a", "type": "array", "items": {"type": "long"}, "required": True},
    {"name": "o", "type": "object", "properties": {"x": {"type": "string"}}, "required": True},
]
TENSOR = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]
TENSORS = [{**TENSOR[0], "name": "p"}, {**TENSOR[0], "name": "q"}]
SCALARS = [{"name": name, "type": name} for name in SCALAR_TYPES]
EVERYTHING = pd.DataFrame(
    {
        "boolean": [True, False],
        "integer": np.array([1, 2], "int32"),
        "long": [1, 2**40],
        "float": np.array([0.5, np.nan], "float32"),
        "double": [1.0, 2.5],
        "string": ["x", None],
        "binary": [b"\x00ab", b"c"],
        "datetime": pd.to_datetime(["2024-01-01T12:00:00", "1999-01-01T00:00:00"]),
    }
)
EXAMPLES = [
    (SCALARS, EVERYTHING),
    (SCALARS, EVERYTHING[EVERYTHING.columns[::-1]]),
    ([{"type": "double"}, {"type": "long"}], pd.DataFrame([[1.0, 2], [3.0, 4]])),
    (NESTED, pd.DataFrame({"a": [[1, 2], [3]], "o": [{"x": "p"}, {"x": "q"}]})),
    (TENSOR, np.array([[1.5, np.nan]], "float32")),
    (TENSORS, {"p": np.ones((1, 2), "float32"), "q": np.zeros((1, 2), "float32")}),
    (TENSOR, pd.DataFrame([[1.0, 2.0]], dtype="float32")),
    (NESTED, [{"a": [1], "o": {"x": "p"}}]),
    ([{"type": "string"}], "word"),
    ([{"type": "string"}], ["p", "q"]),
    ([{"name": "p", "type": "string"}], {"p": ["q"]}),
]


def save(example: object, folder: Path) -> tuple[dict[str, Any], Any]:
    saved = _Example(example)
    saved.save(str(folder))
    return saved.info, json.loads((folder / "input_example.json").read_text())


@pytest.mark.parametrize(("inputs", "example"), EXAMPLES)
@pytest.mark.parametrize("params", [None, {"k": 1}])
def test_examples_are_read_as_mlflow_reads_them(
    tmp_path: Path, inputs: list[Any], example: Any, params: dict[str, Any] | None
) -> None:
    mapping = {"inputs": json.dumps(inputs)}
    info, content = save((example, params) if params else example, tmp_path)
    model = Model(signature=ModelSignature.from_dict(mapping), saved_input_example_info=info)
    expected = _read_example(model, str(tmp_path))
    found = read_example(info, content, Signature.from_mlmodel(mapping))
    assert found is not None
    assert found.params == params
    made = to_pandas(found.data)
    if isinstance(expected, pd.DataFrame):
        assert isinstance(made, pd.DataFrame)
        pd.testing.assert_frame_equal(made, expected, check_dtype=True)
    else:
        np.testing.assert_equal(made, expected)
        assert str(getattr(made, "dtype", None)) == str(getattr(expected, "dtype", None))


@pytest.mark.parametrize("form", ["csr", "csc"])
def test_sparse_examples_are_read(tmp_path: Path, form: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = getattr(sparse, f"{form}_matrix")(np.array([[0.0, 1.5], [2.5, 0.0]], "float32"))
    info, content = save(matrix, tmp_path)
    found = read_example(info, content, tensors((None, "float32", [-1, 2])))
    assert found is not None
    made: Any = to_pandas(found.data)
    assert (made != matrix).nnz == 0
    assert made.dtype == "float32"


@pytest.mark.parametrize(
    ("info", "content", "expected"),
    [
        # MLflow 1.14 to 2.15
        ({"type": "ndarray", "format": "tf-serving"}, {"inputs": [[1, 2]]}, [[1.0, 2.0]]),
        # MLflow 2.16 and newer
        ({"type": "ndarray"}, [[1, None]], [[1.0, NAN]]),
        ({"type": "ndarray", "params": "true"}, {"inputs": [[1, 2]], "params": {"k": 1}}, [[1.0, 2.0]]),
        ({"type": "ndarray", "params": None}, [[1, 2]], [[1.0, 2.0]]),
    ],
)
def test_arrays_of_old_and_new_releases_are_read(info: dict[str, object], content: object, expected: Any) -> None:
    found = read_example(info, content, tensors((None, "float32", [-1, 2])))
    assert found is not None
    np.testing.assert_equal(found.data, np.array(expected, "float32"))


@pytest.mark.parametrize(
    ("info", "content"),
    [
        ({}, {}),
        ({"type": "dataframe"}, [{"a": 1}]),
        ({"type": "dataframe"}, {"columns": ["a"]}),
        ({"type": "dataframe"}, {"data": [[1]], "extra": 1}),
        ({"type": "dataframe"}, {"columns": ["a"], "data": [["x"]]}),
        ({"type": "dataframe"}, {"columns": ["a"], "data": [[1, 2]]}),
        ({"type": "dataframe", "params": "true"}, {"columns": ["a"], "data": [[1]]}),
        ({"type": "dataframe", "params": "true"}, [1]),
        ({"type": "sparse_matrix_csr"}, {"data": [1]}),
        ({"type": "sparse_matrix_coo"}, {"data": [1], "shape": [1, 1]}),
        ({"type": "ndarray", "format": "tf-serving"}, [1]),
        ({"type": ["dataframe"]}, None),
        ({"type": "what"}, None),
    ],
)
def test_what_mlflow_cannot_read_is_no_example(info: dict[str, object], content: object) -> None:
    assert read_example(info, content, columns(("a", "long"))) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "columns", "inputs", "params", "a", "shape"]), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = ["dataframe", "ndarray", "json_object", "sparse_matrix_csr", 5]


@given(json_values, st.sampled_from(KINDS), st.sampled_from([SCALARS, NESTED, TENSOR, TENSORS, [{"type": "long"}]]))
def test_nothing_in_an_example_is_an_exception(content: object, kind: object, inputs: list[Any]) -> None:
    signature = make({"inputs": inputs})
    found = read_example({"type": kind}, content, signature)
    if found is not None:
        Domain.from_sources(signature, example=found)


def test_a_domain_says_where_it_is_from() -> None:
    signature = columns(("a", "long"), ("b", "string"))
    assert Domain.from_sources(signature).sources == {"plain"}
    assert Domain.from_sources(signature, {"b": {"choices": ["x"]}}, example=Example([{"a": 1}])).sources == {
        "configuration",
        "example",
    }


def test_a_sample_tells_what_is_inside_nested_columns(tmp_path: Path) -> None:
    inputs = [
        {"name": "tags", "type": "array", "items": {"type": "string"}, "required": True},
        {"name": "size", "type": "object", "properties": {"x": {"type": "double"}}, "required": True},
        {"name": "counts", "type": "map", "values": {"type": "long"}, "required": True},
    ]
    rows: list[dict[str, Any]] = [
        {"tags": ["p", "q"], "size": {"x": 1.5}, "counts": {"a": 1}},
        {"tags": [], "size": {"x": 2.5}, "counts": {}},
    ]
    pd.DataFrame([{name: json.dumps(cell) for name, cell in row.items()} for row in rows]).to_csv(tmp_path / "a.csv")
    pyarrow = pytest.importorskip("pyarrow")
    types = {"tags": pyarrow.list_(pyarrow.string()), "size": pyarrow.struct({"x": pyarrow.float64()})}
    types["counts"] = pyarrow.map_(pyarrow.string(), pyarrow.int64())
    table = pyarrow.Table.from_pylist(
        [{**row, "counts": list(row["counts"].items())} for row in rows], schema=pyarrow.schema(types)
    )
    importlib.import_module("pyarrow.parquet").write_table(table, tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        domain = Domain.from_sources(make({"inputs": inputs}), sample=tmp_path / name)
        assert [item.shown for item in domain.inputs] == [tuple(row[item] for row in rows) for item in rows[0]]
        assert leaf(domain, "size", "x").high == 2.5


def test_an_example_of_another_shape_than_the_tensor_is_left_out() -> None:
    signature = make({"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]})
    found = read_example({"type": "dataframe"}, {"data": [None]}, signature)
    assert found is not None
    assert Domain.from_sources(signature, example=found).sources == {"plain"}


@pytest.mark.parametrize("signature", [columns(("plan", "string", False)), None])
def test_a_missing_text_of_an_example_is_none_whatever_pandas_reads_it(signature: Signature | None) -> None:
    found = read_example({"type": "dataframe"}, {"columns": ["plan"], "data": [["a"], [None]]}, signature)
    assert found is not None
    assert isinstance(found.data, Frame)
    # Not NaN, as pandas 3 has it: a model with pandas 2 would be given another value than MLflow gives it
    assert [list(column.values) for column in found.data.columns] == [["a", None]]
