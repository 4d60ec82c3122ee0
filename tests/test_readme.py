"""The README's transcripts are what the commands print. `MLCHECK_UPDATE_README=1` writes them anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- transcript: (?P<command>.+?) -->\n(?P<body>.*?)<!-- /transcript -->", re.DOTALL)


def transcripts() -> dict[str, str]:
    return {match["command"]: match["body"] for match in BLOCK.finditer(README.read_text(encoding="utf-8"))}


def run(command: str) -> str:
    words = command.split()
    assert words[0] == "mlcheck"
    done = subprocess.run(
        [sys.executable, "-m", "mlcheck", *words[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode in {0, 1}, done.stderr
    printed = "\n".join(line.rstrip() for line in done.stdout.splitlines())
    return f"\n```console\n$ {command}\n{printed}\n```\n\n"


def update(command: str, body: str) -> None:
    text = README.read_text(encoding="utf-8")
    start = f"<!-- transcript: {command} -->\n"
    before, rest = text.split(start)
    README.write_text(before + start + body + rest[rest.index("<!-- /transcript -->") :], encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("command", transcripts())
def test_a_transcript_is_true(command: str) -> None:
    printed = run(command)
    if os.environ.get("MLCHECK_UPDATE_README"):
        update(command, printed)
    assert told(transcripts()[command]) == told(printed)


def told(text: str) -> list[str]:
    """Return the lines without what depends on the machine.

    That is what points at a place in the line above, which Python 3.10 does not print, and MLflow's warnings that the
    libraries here are others than those that the examples were saved with.
    """
    text = re.sub(r"^      stderr:\n(?:        .*\n)*", "", text, flags=re.MULTILINE)
    return [line for line in text.splitlines() if set(line.strip()) - set("^~") or not line.strip()]
