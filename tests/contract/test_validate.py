"""Data against signatures, through the command and the function."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mlcheck.finding import Finding
from mlcheck.validate import DataError, validate_data
from tests.contract.models import write_model

COLUMNS = [
    {"type": "double", "name": "amount", "required": True},
    {"type": "long", "name": "count", "required": True},
    {"type": "string", "name": "kind", "required": True},
    {"type": "datetime", "name": "at", "required": False},
]
GOOD = "amount,count,kind,at\n1,2,a,2024-01-01\n2.5,3,007,2024-01-02\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    signature = f"signature:\n  inputs: '{json.dumps(COLUMNS)}'\n"
    return write_model(tmp_path / "model", "def _load_pyfunc(path):\n    raise SystemExit\n", signature)


def validate(folder: Path, name: str, text: str) -> list[Finding]:
    path = folder.parent / name
    path.write_text(text, encoding="utf-8")
    return validate_data(folder, path)


def shown(findings: list[Finding]) -> list[str]:
    return [f"{finding.severity.value} {finding.code} {finding.subject}".strip() for finding in findings]


def test_data_that_fits_has_no_finding(folder: Path) -> None:
    assert validate(folder, "good.csv", GOOD) == []
    records = [{"amount": 1, "count": 2, "kind": "a", "at": None}]
    assert shown(validate(folder, "good.ndjson", "\n".join(map(json.dumps, records)))) == []
    frame = pd.DataFrame({"amount": [1.0], "count": [1], "kind": ["a"]})
    assert validate_data(folder, frame) == []


def test_each_column_is_named_with_its_rows(folder: Path) -> None:
    found = validate(folder, "bad.csv", "amount,count,kind\n1,2,a\nx,,b\n3,2.5,c\n")
    assert shown(found) == ["error DATA102 amount", "error DATA102 count"]
    assert "row 1: 'x'" in found[0].message
    assert "row 1: nan" in found[1].message.replace("np.float64(nan)", "nan")
    assert "declared double" in found[1].hint


def test_missing_and_undeclared_columns(folder: Path) -> None:
    found = validate(folder, "bad.csv", "amonut,count,kind\n1,2,a\n")
    assert shown(found) == ["error DATA101 amount", "note DATA103"]
    assert "'amonut'" in found[0].hint


def test_parquet_keeps_its_types(folder: Path) -> None:
    path = folder.parent / "data.parquet"
    pytest.importorskip("pyarrow")
    pd.DataFrame({"amount": [2], "count": [1], "kind": ["a"]}).to_parquet(path)
    assert shown(validate_data(folder, path)) == ["error DATA102 amount"]


def test_a_payload_is_judged_as_the_server_does(folder: Path) -> None:
    good = {"dataframe_records": [{"amount": 1, "count": 2, "kind": "a"}]}
    assert validate(folder, "payload.json", json.dumps(good)) == []
    bad = {"dataframe_records": [{"amount": 1, "count": None, "kind": "a"}]}
    assert shown(validate(folder, "payload.json", json.dumps(bad))) == ["error DATA104"]


@pytest.mark.parametrize(("name", "content"), [("a.csv", b"\xff\xfe\x00"), ("a.json", b"{"), ("a.xyz", b"")])
def test_what_cannot_be_read_is_a_clear_error(folder: Path, name: str, content: bytes) -> None:
    path = folder.parent / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=name):
        validate_data(folder, path)


def test_the_command_tells_by_its_exit_code(folder: Path) -> None:
    def run(text: str) -> subprocess.CompletedProcess[str]:
        (folder.parent / "data.csv").write_text(text)
        command = [sys.executable, "-m", "mlcheck", "validate", str(folder), str(folder.parent / "data.csv")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run(GOOD).returncode == 0
    bad = run(GOOD.replace("count", "cuont"))
    assert bad.returncode == 1
    assert "DATA101 [column-missing]" in bad.stdout
    assert run("").returncode == 2
