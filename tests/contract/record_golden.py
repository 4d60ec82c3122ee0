"""Records what the installed MLflow does with drawn cases: python -m tests.contract.record_golden LABEL [COUNT]

Run in an environment with another MLflow; writes golden/recorded-{data,payload}-LABEL.jsonl.gz, which
test_verdict_golden.py replays everywhere.
"""

from __future__ import annotations

import gzip
import json
import logging
import sys
import zlib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from mlcheck.contract.data import from_wire, to_wire
from tests.contract.drawing.cases import cases
from tests.contract.drawing.requests import requests
from tests.contract.oracles import VERSION, VERSIONS, enforce, make_real, serve

GOLDEN = Path(__file__).parent / "golden"


def main(label: str, count: int = 600) -> None:
    logging.disable(logging.CRITICAL)
    drawing = settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    data: dict[str, str] = {}
    payloads: dict[str, str] = {}

    @seed(zlib.crc32(label.encode()))
    @drawing
    @given(cases(VERSION))
    def record_data(case: tuple[dict[str, Any], Any, Any]) -> None:
        mapping, *rest = case
        line = [mapping, *map(to_wire, rest)]
        key = json.dumps(line)
        if key not in data:
            given_data, params = (make_real(from_wire(item)) for item in json.loads(key)[1:])
            data[key] = json.dumps([*line, enforce(mapping, given_data, params)])

    @seed(zlib.crc32(label.encode()))
    @drawing
    @given(requests(VERSION))
    def record_payload(request: tuple[dict[str, Any], str, str]) -> None:
        payloads[json.dumps(request)] = json.dumps([*request, serve(*request).partition(":")[0]])

    record_data()
    record_payload()
    write(f"recorded-data-{label}", data)
    write(f"recorded-payload-{label}", payloads)


def write(name: str, lines: dict[str, str]) -> None:
    text = "\n".join([json.dumps(list(VERSIONS.values())), *lines.values()])
    # Without a time of its own, so that the same record is the same file
    (GOLDEN / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
