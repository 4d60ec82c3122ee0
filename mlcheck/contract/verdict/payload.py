"""The verdict on a request to the scoring server: it must be read, and what is read must pass enforcement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlcheck.contract.verdict.facts import Fact, facts_of
from mlcheck.contract.verdict.judging import judge_call
from mlcheck.contract.verdict.payload_arrays import read_inputs, read_instances
from mlcheck.contract.verdict.payload_frames import read_csv, read_records, read_split
from mlcheck.contract.verdict.quiet import quiet
from mlcheck.contract.verdict.readers import judge_signature
from mlcheck.contract.verdict.types import ACCEPT, Verdict, explain, leave_open, refuse

if TYPE_CHECKING:
    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import Signature

_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_PARQUET: Final = "application/vnd.apache.parquet"
_FORMATS: Final[Mapping[str, Any]] = {
    "dataframe_split": read_split,
    "dataframe_records": read_records,
    "instances": read_instances,
    "inputs": read_inputs,
}


def judge_payload(
    signature: Signature,
    payload: object,
    *,
    content_type: str = _JSON,
    mlflow_version: str,
    pandas_version: str,
    numpy_version: str | None = None,
) -> Verdict:
    """Return what `/invocations` of `mlflow models serve` must do before it calls the model.

    `payload` is the body as text or bytes, or for JSON what it holds. A refusal means a 4xx answer; never raises.
    """
    facts = facts_of(mlflow_version, pandas_version, numpy_version)
    unreadable = judge_signature(signature, facts)
    if unreadable is not ACCEPT:
        return unreadable
    try:
        with quiet():
            return _judge_body(signature, payload, content_type, facts)
    except Exception as error:  # noqa: BLE001 - deeply nested JSON, texts that are none
        return leave_open(f"the payload cannot be looked at: it raises {type(error).__name__}")


def _judge_body(signature: Signature, payload: object, content_type: str, facts: Facts) -> Verdict:
    kind, *options = (part.strip() for part in content_type.split(";"))
    wrong = _judge_options(options)
    if wrong is not ACCEPT:
        return wrong
    if kind == _PARQUET and Fact.SERVES_PARQUET in facts:
        return leave_open("Parquet files are not looked into")
    if kind not in {_JSON, _CSV}:
        return refuse(f"content type {_JSON} or {_CSV} expected, {kind!r} given")
    body = _decode(payload)
    if isinstance(body, Verdict):
        return body
    return _judge_csv(signature, body, facts) if kind == _CSV else _judge_json(signature, body, facts)


def _judge_options(options: list[str]) -> Verdict:
    given = {key: value for key, _, value in (option.partition("=") for option in options)}
    if given.get("charset", "utf-8").lower() != "utf-8":
        return refuse(f"charset utf-8 expected, {given['charset']!r} given")
    unknown = sorted(given.keys() - {"charset"})
    return refuse(f"content type option {unknown[0]!r} is not known") if unknown else ACCEPT


def _decode(payload: object) -> object:
    if not isinstance(payload, bytes | bytearray):
        return payload
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return refuse(f"a body in UTF-8 expected: {explain(error)}")


def _judge_csv(signature: Signature, body: object, facts: Facts) -> Verdict:
    if not isinstance(body, str):
        return refuse(f"CSV text expected, {type(body).__name__} given")
    frame = read_csv(body, signature.inputs)
    return frame if isinstance(frame, Verdict) else judge_call(signature, frame, None, facts)


def _judge_json(signature: Signature, body: object, facts: Facts) -> Verdict:
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError as error:
            return refuse(f"JSON expected: {explain(error)}")
    if not isinstance(body, Mapping):
        return refuse(f"a JSON object expected, {type(body).__name__} given")
    if any(key in body for key in _unwrapped_keys(facts)):
        return _judge_unwrapped(signature, body, facts)
    data = _read_data(signature, body, facts)
    return data if isinstance(data, Verdict) else judge_call(signature, data, body.get("params"), facts)


def _unwrapped_keys(facts: Facts) -> list[str]:
    """Return the keys of a chat, completion or embedding request, which is handed to the model as it is."""
    prompts = ["prompt", "input"] if Fact.SERVES_PROMPTS in facts else []
    return ["messages", *prompts] if Fact.SERVES_MESSAGES in facts else []


def _judge_unwrapped(signature: Signature, body: Mapping[str, object], facts: Facts) -> Verdict:
    declared = {param.name for param in signature.params or ()}
    params = {key: value for key, value in body.items() if key in declared}
    data = {key: value for key, value in body.items() if key not in declared}
    return judge_call(signature, data, params, facts)


def _read_data(signature: Signature, body: Mapping[str, object], facts: Facts) -> object:
    given = [key for key in _FORMATS if key in body]
    if signature.from_type_hint and Fact.TYPE_HINTS in facts:
        if "inputs" not in given:
            return refuse(f"the key `inputs` expected, as the signature is from a type hint, {sorted(body)} given")
        return body["inputs"]
    if len(given) != 1:
        return refuse(f"exactly one of {', '.join(_FORMATS)} expected, {given or 'none'} given")
    return _FORMATS[given[0]](body[given[0]], signature.inputs, facts)
