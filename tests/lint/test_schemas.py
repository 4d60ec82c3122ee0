"""The JSON Schemas: sound in themselves, never against what MLflow writes, exact about each key; and their words."""

from __future__ import annotations

import copy
import functools
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import jsonschema_rs
import pytest
import yaml

from mlcheck.document import Document, parse_json, parse_yaml
from mlcheck.facts.flavor_table import FLAVORS
from mlcheck.finding import Finding, Location, Severity
from mlcheck.output import PLAIN
from mlcheck.output import json as json_output
from mlcheck.report import ModelSummary, Report, Suppressed
from mlcheck.schema import Kind, Violation, violations
from mlcheck.schema.engines import load_schema

HERE = Path(__file__).parent
SCHEMAS = sorted((HERE.parents[1] / "schemas").glob("*.json"))
KINDS: tuple[Kind, ...] = get_args(Kind)
CORPUS = sorted(path.parent for path in (HERE / "corpus").glob("*/MLmodel"))
OWN = sorted(path.parent for path in Path(os.environ.get("MLCHECK_CORPUS", HERE / "none")).glob("**/MLmodel"))
"""More folders to hold the schemas against, where `MLCHECK_CORPUS` names a directory of them."""


# --- the files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_schema_is_json_schema_2020_12(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"https://raw.githubusercontent.com/mlcheck/mlcheck/main/schemas/{path.name}"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema_rs.Draft202012Validator({"$ref": schema["$schema"]}).is_valid(schema)


def nodes(schema: object, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every subschema that describes a value of a document, with its place."""
    if not isinstance(schema, dict):
        return
    yield where, schema
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from nodes(inner, f"{where}/{key}/{name}")
    for key in ("items", "additionalProperties", "propertyNames", "then", "else"):
        yield from nodes(schema.get(key), f"{where}/{key}")
    for number, part in enumerate(schema.get("allOf", [])):
        yield from nodes(part.get("then"), f"{where}/allOf/{number}/then")


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_key_is_described(path: Path) -> None:
    for where, node in nodes(json.loads(path.read_text(encoding="utf-8"))):
        if re.search(r"/(then|else)$", where) or set(node) == {"$ref"}:
            continue
        assert node.get("title"), f"{where} has no title"
        assert node.get("description"), f"{where} has no description"
        assert not node["title"].endswith("."), where
        assert node["description"].endswith((".", ",", "…")), where


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_conditions_instead_of_alternatives(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r'"(anyOf|oneOf|not|patternProperties|dependentSchemas)":', text)


@pytest.mark.parametrize("kind", KINDS)
def test_no_reference_leads_out_of_the_bundle(kind: Kind) -> None:
    schema = load_schema(kind)
    identities = {part["$id"] for part in [schema, *schema["$defs"].values()] if "$id" in part}
    for name in re.findall(r'"\$ref": "([^"#]+)', json.dumps(schema)):
        assert schema["$id"].rpartition("/")[0] + "/" + name in identities


def examples_of(kind: Kind) -> Iterator[tuple[str, dict[str, Any], object]]:
    schema = load_schema(kind)
    for where, node in nodes(schema):
        for example in node.get("examples", []):
            yield where, node, example


@pytest.mark.parametrize("kind", KINDS)
def test_examples_satisfy_their_own_schema(kind: Kind) -> None:
    schema = load_schema(kind)
    for example in schema["examples"]:
        assert told(kind, example) == []
    validator = jsonschema.Draft202012Validator(schema)
    for where, node, example in examples_of(kind):
        if "/$defs/" in where and ".json" in where:
            continue  # a schema file of its own, tested as such
        inner = validator.evolve(schema={**node, "$id": schema["$id"], "$defs": schema["$defs"]})
        assert list(inner.iter_errors(example)) == [], where


def test_known_flavors_are_described() -> None:
    properties = json.loads((SCHEMAS[0].parent / "flavors.schema.json").read_text(encoding="utf-8"))["properties"]
    assert properties.keys() - {"python_function"} == FLAVORS.keys()
    for name, flavor in FLAVORS.items():
        keys = {path.key for path in flavor.paths} | {key for key, _ in flavor.versions}
        assert keys <= properties[name]["properties"].keys(), name


# --- what MLflow writes -----------------------------------------------------------------------------------


def documents(folder: Path) -> Iterator[tuple[Kind, Document, str]]:
    mlmodel = parse_yaml("MLmodel", (folder / "MLmodel").read_bytes())
    yield "mlmodel", mlmodel, ""
    for field in ("inputs", "outputs", "params"):
        text = mlmodel.embedded("signature", field)
        if text is not None:
            yield ("params" if field == "params" else "signature"), text, field
    for kind in ("conda", "python_env"):
        if (folder / f"{kind}.yaml").exists():
            yield kind, parse_yaml(f"{kind}.yaml", (folder / f"{kind}.yaml").read_bytes()), ""


@pytest.mark.parametrize("folder", [*CORPUS, *OWN], ids=lambda folder: folder.name)
def test_what_mlflow_wrote_has_no_violation(folder: Path) -> None:
    for kind, document, name in documents(folder):
        assert violations(kind, document, name=name) == []


def test_corpus_spans_mlflow_1_to_3() -> None:
    versions = {folder.name.split("-")[1].split(".")[0] for folder in CORPUS}
    assert versions == {"1", "2", "3"}
    assert len(CORPUS) > 50


PYFUNC = {"python_function": {"loader_module": "mlflow.sklearn"}}


@pytest.mark.parametrize(
    "keys",
    [
        {"artifact_path": "."},
        {"artifact_path": None, "run_id": None, "model_uuid": None, "model_id": None, "prompts": None},
        {"artifact_path": "file:///C:/Users/First%20Last/model", "run_id": "my run", "model_uuid": "by hand"},
        {"signature": None, "saved_input_example_info": None, "metadata": None, "resources": None},
        {"signature": {"inputs": None, "outputs": "[]", "params": None}},
        {"databricks_runtime": "client.3.6", "mlflow_version": "2.9.2.dev0", "time_created": "x"},
        {"metadata": {"a.b": {"c": [1, None, {"d": 2.5}]}}, "input_example": "x.json", "anything": [1]},
        {"flavors": {"python_function": {"loader_module": "own.module", "env": "conda.yaml", "code": None}}},
        {"flavors": {"python_function": {"loader_module": "m", "env": None, "anything": 1}}},
        {"flavors": {**PYFUNC, "sklearn": {"sklearn_version": "0.22.2.post1", "code": None, "more": 1}}},
        {"flavors": {**PYFUNC, "own": {"a": 1, "b": [None]}, "empty": {}}},
        {"flavors": {}},
    ],
    ids=str,
)
def test_odd_but_harmless_values_are_allowed(keys: dict[str, object]) -> None:
    assert told("mlmodel", {"flavors": PYFUNC, **keys}) == []


def test_unquoted_time_is_what_mlflow_makes_of_it() -> None:
    text = b"flavors: {}\nutc_time_created: 2024-05-06 07:08:09.101112\n"
    assert violations("mlmodel", parse_yaml("MLmodel", text)) == []


# --- each key with a wrong value --------------------------------------------------------------------------

WRONG: dict[str, object] = {"string": 5, "null": 5, "object": "x", "array": "x", "boolean": "x", "integer": 1.5}


def wrong_values(node: dict[str, Any]) -> Iterator[object]:
    """Yield values of a type that a subschema does not allow, and one that is no member of its enum."""
    if "enum" in node or "const" in node:
        yield "never heard of"
    kinds = node.get("type", [])
    allowed = [kinds] if isinstance(kinds, str) else kinds
    if allowed and not {"string", "number"} <= set(allowed):
        yield next(WRONG[kind] for kind in allowed if not fits(WRONG[kind], allowed))


def fits(value: object, kinds: list[str]) -> bool:
    return jsonschema.Draft202012Validator({"type": kinds}).is_valid(value)


@functools.cache
def read_file(name: str) -> dict[str, Any]:
    found = json.loads((SCHEMAS[0].parent / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def leaves(name: str, node: dict[str, Any], keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every key below a subschema of the file `name`, with the subschema of its value."""
    for key, inner in node.get("properties", {}).items():
        file, target = resolve(name, inner)
        yield (*keys, key), target
        yield from leaves(file, target, (*keys, key))


def resolve(name: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "$ref" not in node:
        return name, node
    file, _, inside = node["$ref"].partition("#/$defs/")
    found = read_file(file or name)
    found = found["$defs"][inside] if inside else found
    return file or name, {**found, **{key: value for key, value in node.items() if key != "$ref"}}


@functools.cache
def keys_of(kind: Kind) -> dict[tuple[str, ...], Any]:
    name = f"{kind}.schema.json"
    return dict(leaves(name, read_file(name)))


def mutations() -> Iterator[tuple[Kind, tuple[str, ...], object]]:
    kinds: tuple[Kind, ...] = ("mlmodel", "conda", "python_env", "input_example_info", "report")
    for kind in kinds:
        for keys, node in keys_of(kind).items():
            for wrong in wrong_values(node):
                yield kind, keys, wrong


def mutated(kind: Kind, keys: tuple[str, ...], wrong: object) -> dict[str, Any]:
    """Return an example of the kind with one value replaced; mappings on the way are filled with their examples."""
    data: dict[str, Any] = copy.deepcopy(load_schema(kind)["examples"][0])
    target = data
    for depth, key in enumerate(keys[:-1], start=1):
        if target.get(key) is None:
            examples = keys_of(kind)[keys[:depth]].get("examples", [{}])
            target[key] = copy.deepcopy(examples[0])
        target = target[key]
    target[keys[-1]] = wrong
    return data


@pytest.mark.parametrize(
    ("kind", "keys", "wrong"),
    [pytest.param(*case, id=f"{case[0]}-{'.'.join(case[1])}-{case[2]!r}") for case in mutations()],
)
def test_wrong_value_is_one_violation_at_its_place(kind: Kind, keys: tuple[str, ...], wrong: object) -> None:
    found = violations(kind, as_document(mutated(kind, keys, wrong)))
    assert [item.pointer for item in found] == [keys]
    assert found[0].keyword in {"type", "enum", "const"}
    assert found[0].subject == keys[-1]


COLUMN = {"type": "double", "name": "a", "required": True}
ARRAY = {"type": "array", "items": {"type": "long"}, "name": "a", "required": True}
OBJECT = {"type": "object", "properties": {"p": {"type": "long", "required": True}}, "name": "a", "required": True}
MAP = {"type": "map", "values": {"type": "long"}, "name": "a", "required": True}
TENSOR = {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}
PARAM = {"name": "a", "type": "long", "default": 1, "shape": None}
GONE = object()


@pytest.mark.parametrize(
    ("kind", "item", "keys", "value", "pointer"),
    [
        ("signature", COLUMN, ("type",), GONE, (0,)),
        ("signature", COLUMN, ("type",), "int64", (0, "type")),
        ("signature", COLUMN, ("type",), None, (0, "type")),
        ("signature", COLUMN, ("type",), ["double"], (0, "type")),
        ("signature", COLUMN, ("name",), {"a": 1}, (0, "name")),
        ("signature", COLUMN, ("required",), "yes", (0, "required")),
        ("signature", COLUMN, ("optional",), 1, (0, "optional")),
        ("signature", COLUMN, ("nullable",), True, (0, "nullable")),
        ("signature", ARRAY, ("items",), GONE, (0,)),
        ("signature", ARRAY, ("items",), "long", (0, "items")),
        ("signature", ARRAY, ("items", "type"), GONE, (0, "items")),
        ("signature", ARRAY, ("items", "type"), "tensor", (0, "items", "type")),
        ("signature", OBJECT, ("properties",), GONE, (0,)),
        ("signature", OBJECT, ("properties",), [], (0, "properties")),
        ("signature", OBJECT, ("properties",), {}, (0, "properties")),
        ("signature", OBJECT, ("properties", "p"), "long", (0, "properties", "p")),
        ("signature", OBJECT, ("properties", "p", "type"), "int", (0, "properties", "p", "type")),
        ("signature", OBJECT, ("properties", "p", "required"), "no", (0, "properties", "p", "required")),
        ("signature", MAP, ("values",), GONE, (0,)),
        ("signature", MAP, ("values", "type"), "Long", (0, "values", "type")),
        ("signature", TENSOR, ("tensor-spec",), GONE, (0,)),
        ("signature", TENSOR, ("tensor-spec", "dtype"), GONE, (0, "tensor-spec")),
        ("signature", TENSOR, ("tensor-spec", "dtype"), None, (0, "tensor-spec", "dtype")),
        ("signature", TENSOR, ("tensor-spec", "shape"), "(-1, 3)", (0, "tensor-spec", "shape")),
        ("signature", TENSOR, ("tensor-spec", "shape"), [-1, None], (0, "tensor-spec", "shape", 1)),
        ("signature", TENSOR, ("tensor-spec", "shape"), [-5], (0, "tensor-spec", "shape", 0)),
        ("params", PARAM, ("name",), GONE, (0,)),
        ("params", PARAM, ("name",), None, (0, "name")),
        ("params", PARAM, ("type",), GONE, (0,)),
        ("params", PARAM, ("type",), "binary", (0, "type")),
        ("params", PARAM, ("type",), "array", (0, "type")),
        ("params", PARAM, ("type",), "object", (0,)),
        ("params", PARAM, ("default",), GONE, (0,)),
        ("params", PARAM, ("shape",), [-1, -1], (0, "shape")),
        ("params", PARAM, ("shape",), -1, (0, "shape")),
    ],
)
def test_wrong_signature_item_is_one_violation(
    kind: Kind, item: dict[str, Any], keys: tuple[str, ...], value: object, pointer: tuple[str | int, ...]
) -> None:
    assert told(kind, [item]) == []
    wrong = copy.deepcopy(item)
    target = wrong
    for key in keys[:-1]:
        target = target[key]
    if value is GONE:
        del target[keys[-1]]
    else:
        target[keys[-1]] = value
    assert [found.pointer for found in violations(kind, as_document([wrong], json_text=True))] == [pointer]


# --- words ------------------------------------------------------------------------------------------------


def as_document(data: object, *, json_text: bool = False) -> Document:
    text = json.dumps(data).encode()
    return parse_json("x.json", text) if json_text else parse_yaml("MLmodel", yaml.safe_dump(data).encode())


def told(kind: Kind, data: object) -> list[str]:
    return [found.message for found in violations(kind, as_document(data))]


def read(kind: Kind, text: str, name: str = "") -> list[Violation]:
    return violations(kind, parse_yaml("MLmodel", text.encode()), name=name)


def words(kind: Kind, text: str, name: str = "") -> list[str]:
    return [
        f"{found.location.line}:{found.location.column} {found.message} | {found.hint}"
        for found in read(kind, text, name)
    ]


def test_number_is_quoted_as_it_stands_in_the_file() -> None:
    assert words("python_env", "python: 3.10  # as always\n") == [
        "1:9 python must be text, is the number 3.1 | put it in quotes: '3.10'"
    ]
    assert words("mlmodel", "flavors: {}\nmlflow_version: 2024-01-01\n") == [
        "2:17 mlflow_version must be text, is the date 2024-01-01 | put it in quotes: '2024-01-01'"
    ]


def test_misspelled_required_key_is_one_violation() -> None:
    assert words("conda", "name: x\ndependancies: []\n") == [
        "2:1 MLmodel has no key 'dependencies' | did you mean 'dependencies' instead of 'dependancies'?"
    ]
    hint = "did you mean 'loader_module' instead of 'loader_modul'?"
    assert words("mlmodel", "flavors:\n  python_function:\n    loader_modul: x\n") == [
        f"3:5 flavors.python_function has no key 'loader_module' | {hint}"
    ]


def test_unknown_key_names_the_near_one_or_all() -> None:
    known = "'name', 'channels', 'dependencies', 'prefix', 'variables'"
    assert words("conda", "chanels: []\nplatforms: []\ndependencies: []\n") == [
        "1:1 MLmodel has an unknown key 'chanels' | did you mean 'channels'?",
        f"2:1 MLmodel has an unknown key 'platforms' | known keys are {known}",
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("int64", "long"),
        ("Long", "long"),
        ("LONG", "long"),
        ("int", "integer"),
        ("int32", "integer"),
        ("str", "string"),
        ("text", "string"),
        ("float64", "double"),
        ("float32", "float"),
        ("bool", "boolean"),
        ("timestamp", "datetime"),
        ("datetime64[ns]", "datetime"),
        ("bytes", "binary"),
        ("list", "array"),
        ("dict", "object"),
        ("dubble", "double"),
        ("sparkml-vector", "sparkml_vector"),
    ],
)
def test_type_of_another_system_is_recognised(written: str, meant: str) -> None:
    (found,) = read("signature", f'[{{"type": "{written}"}}]', "inputs")
    assert found.message == f"inputs[0].type is {written!r}, which is not one of the known values"
    assert found.hint.startswith(f"did you mean {meant!r}? known are 'boolean', ")


def test_yaml_where_json_text_belongs() -> None:
    (line,) = words("mlmodel", "flavors: {}\nsignature:\n  inputs:\n  - {type: double}\n")
    assert line == (
        "3:3 signature.inputs must be text, is a list | what predict takes, as JSON text in quotes, "
        """for example '[{"type": "double", "name": "age", "required": true}]'"""
    )


def test_all_violations_are_told_each_once() -> None:
    text = (
        "flavors: []\nrun_id: 1\nmodel_size_bytes: -1\nenv_vars: [A, 2, {B: c}]\nsignature: {inputs: [], outputs: 3}\n"
    )
    assert [found.pointer for found in read("mlmodel", text)] == [
        ("flavors",),
        ("run_id",),
        ("model_size_bytes",),
        ("env_vars", 1),
        ("env_vars", 2),
        ("signature", "inputs"),
        ("signature", "outputs"),
    ]


def test_location_in_a_signature_is_the_line_of_its_text() -> None:
    text = 'flavors: {}\nsignature:\n  inputs: \'[{"type": "double"}, {"type": "str"}]\'\n'
    document = parse_yaml("MLmodel", text.encode()).embedded("signature", "inputs")
    assert document is not None
    (found,) = violations("signature", document, name="inputs")
    assert found.location == Location("MLmodel", 3, 11, "/1/type")


@pytest.mark.parametrize("kind", KINDS)
def test_every_keyword_has_words_of_its_own(kind: Kind) -> None:
    told_apart = {"type", "enum", "const", "required", "additionalProperties", "minItems", "minLength", "minProperties"}
    told_apart |= {"minimum", "propertyNames"}
    silent = {"properties", "items", "allOf", "if", "then", "else"}
    notes = {"$schema", "$id", "$defs", "$ref", "$comment", "title", "description", "examples"}
    notes |= {"contentMediaType", "contentSchema"}
    used = {key for _, node in nodes(load_schema(kind)) for key in node}
    assert used - told_apart - silent - notes <= ({"pattern"} if kind == "report" else set())


# --- any data at all --------------------------------------------------------------------------------------

CYCLE: dict[str, object] = {"flavors": {}}
CYCLE["self"] = CYCLE
CYCLE["run_id"] = CYCLE
DEEP: object = {"type": "nothing"}
for _ in range(3000):
    DEEP = {"type": "array", "items": DEEP}
SURROGATE = "\ud800"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "data",
    [
        None,
        5,
        math.nan,
        "text",
        b"bytes",
        {1, 2},
        (1, 2),
        10**5000,
        {1: 2, None: 3, (1, 2): 4, 2.5: 5},
        {"flavors": {1: 2, "python_function": {3: 4, "loader_module": b"x"}}},
        {"flavors": math.inf, "dependencies": {1}, "python": 10**5000, "version": (1,)},
        {SURROGATE: 1, "flavors": SURROGATE, "name": SURROGATE, "python": [SURROGATE]},
        [{"type": SURROGATE}, {"type": math.nan}, {"type": {1: 2}}, {"name": {1, 2}}, {3: 4}],
        CYCLE,
        [DEEP],
    ],
    ids=lambda data: type(data).__name__,
)
def test_never_raises(kind: Kind, data: object) -> None:
    for found in violations(kind, Document("MLmodel", "", data)):
        assert found.message
        found.message.encode()
        found.hint.encode()


@pytest.mark.parametrize("text", ["", "a: [", "\x00", "- a\n---\n- b\n"])
def test_unreadable_document_has_no_violation(text: str) -> None:
    assert read("mlmodel", text) == []


def test_set_and_date_keys_are_named() -> None:
    text = "flavors: {}\nprompts: !!set {a, b}\n2024-01-01: x\n7: y\nmetadata: !!binary aGk=\n"
    assert [found.message for found in read("mlmodel", text)] == [
        "prompts must be a list, is a set (!!set)",
        "MLmodel has a key that is not text: the date 2024-01-01",
        "MLmodel has a key that is not text: the number 7",
        "metadata must be a mapping, is binary data (!!binary)",
    ]


# --- engines ----------------------------------------------------------------------------------------------


def test_jsonschema_alone_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlcheck.schema import engines  # noqa: PLC0415

    engines._fast_validator.cache_clear()
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert told("mlmodel", load_schema("mlmodel")["examples"][0]) == []
    assert told("python_env", {"python": 3.1}) == ["python must be text, is the number 3.1"]
    assert engines._fast_validator.cache_info().currsize == 0


def test_fast_engine_alone_refuses_every_mutation() -> None:
    validators = {kind: jsonschema_rs.Draft202012Validator(load_schema(kind)) for kind in KINDS}
    for kind, keys, wrong in mutations():
        assert not validators[kind].is_valid(mutated(kind, keys, wrong)), (kind, keys)


def test_sound_documents_do_not_load_the_explaining_engine() -> None:
    code = (
        "import sys; from mlcheck.document import parse_yaml; from mlcheck.schema import violations\n"
        "assert 'jsonschema_rs' not in sys.modules\n"
        "assert violations('conda', parse_yaml('conda.yaml', b'dependencies: []')) == []\n"
        "assert 'jsonschema_rs' in sys.modules and 'jsonschema' not in sys.modules\n"
        "assert violations('conda', parse_yaml('conda.yaml', b'dependencies: 1'))\n"
        "assert 'jsonschema' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the report -------------------------------------------------------------------------------------------


def test_json_report_satisfies_its_schema() -> None:
    place = Location("conda.yaml", 1, 2, "/name")
    finding = Finding("MLC301", "conda-shape", Severity.ERROR, "m", "models/a", place, details=(("t", "x"),))
    bare = Finding("MLC001", "internal-error", Severity.NOTE, "m", "models/a", Location(""))
    report = Report(
        models=(ModelSummary("models/a", (("cases", "3"),)), ModelSummary("models/b")),
        findings=(finding, bare),
        suppressed=(Suppressed(finding, "accepted until spring", "mlcheck.toml"),),
        errors=("models/c: no such file or folder",),
    )
    text = json_output.render(report, PLAIN).encode()
    assert violations("report", parse_json("report.json", text)) == []
    described = load_schema("report")["$defs"]["finding"]["properties"].keys()
    assert json.loads(text)["findings"][0].keys() == described
