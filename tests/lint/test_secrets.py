"""Credentials are told by their form alone, and no text takes long to search."""

from __future__ import annotations

import random
import re
import string
import time
from pathlib import Path

import pytest

from mlcheck.facts.secrets import KINDS, find_secrets
from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_folder
from mlcheck.rules import load_rules


def made(pattern: str) -> str:
    """Return a made-up credential: `{n}` are n letters and digits, `{n:x}` n hexadecimal ones."""
    source = random.Random(pattern)

    def fill(match: re.Match[str]) -> str:
        letters = {"x": "0123456789abcdef", "A": string.ascii_uppercase}.get(
            match[2], string.ascii_letters + "23456789"
        )
        return "".join(source.choice(letters) for _ in range(int(match[1])))

    return re.sub(r"\{(\d+):?(\w?)\}", fill, pattern)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("AWS access key id", "AKIA{16:A}"),
        ("GitHub token", "ghp_{36}"),
        ("GitHub token", "github_pat_{22}_{59}"),
        ("GitLab token", "glpat-{20}"),
        ("OpenAI key", "sk-proj-{48}"),
        ("Anthropic key", "sk-ant-api03-{80}"),
        ("Hugging Face token", "hf_{34}"),
        ("Databricks token", "dapi{32:x}"),
        ("Stripe key", "sk_live_{24}"),
        ("npm token", "npm_{36}"),
        ("password in a URL", "mongodb+srv://churn:{12}@cluster0.acme.net/x"),
    ],
)
def test_forms(kind: str, text: str) -> None:
    credential = made(text)
    for around in ("{}", 'key = "{}"', "key: {}\n", "https://a.net/?k={}&x=1", '"{}",'):
        found = [secret.kind.name for secret in find_secrets(around.format(credential).encode())]
        assert found == [kind], around
    assert not list(find_secrets(credential[: len(credential) // 2].encode() + b" "))


def test_a_credential_is_never_shown(tmp_path: Path) -> None:
    credential = made("ghp_{36}")
    (tmp_path / "MLmodel").write_text(f"flavors: {{}}\nmetadata:\n  token: {credential}\n")
    findings = list(lint_folder(ModelFolder(tmp_path, "model"), load_rules().values()))
    assert any(finding.code == "MLC490" for finding in findings)
    assert not [finding for finding in findings if finding.code != "MLC490" and credential in repr(finding)]
    assert credential not in repr([finding for finding in findings if finding.code == "MLC490"])


@pytest.mark.parametrize("seed", range(5))
def test_chance_is_not_taken_for_a_credential(seed: int) -> None:
    source = random.Random(seed)
    letters = (string.ascii_letters + string.digits + "-_").encode()
    assert not list(find_secrets(source.randbytes(500_000)))
    for mark in {mark for kind in KINDS if kind.name != "OpenAI key" for mark in kind.marks}:
        word = bytes(source.choice(letters) for _ in range(12))
        assert not list(find_secrets(mark + word + b" " + source.randbytes(100)))


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_no_text_takes_long(kind: object) -> None:
    mark = kind.marks[0]  # type: ignore[attr-defined]
    for filling in (b"a", b"a: ", b" ", b"-", b".eyJ", b"A1", b":", b"://a:b", b"\\n"):
        started = time.process_time()
        list(find_secrets((mark + filling) * 20_000 + mark + filling * 50_000))
        list(find_secrets(b"-----BEGIN PRIVATE KEY-----" + filling * 100_000))
        assert time.process_time() - started < 3
