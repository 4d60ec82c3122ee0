"""The contract card of the model at a path, as text or JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from mlcheck.card import Card, make_card
from mlcheck.card.text import render as render_text
from mlcheck.contract.runner import RunOptions, contract_codes, open_model
from mlcheck.lint import known_codes, open_folders
from mlcheck.policy import Overrides, Policy

VERSION = 1
FORMATS = ("text", "json")


class DescribeError(Exception):
    """There is no one model that can be described; the message says why."""


def describe_model(path: str | Path, overrides: Overrides | None = None, options: RunOptions | None = None) -> Card:
    """Return the contract card of the model folder at a path; it is loaded and asked in a process of its own.

    Raises `DescribeError` where there is none or more than one, or nothing to run it with, and `ConfigError` for a
    configuration that cannot be used.
    """
    folders, errors = open_folders([path])
    if errors:
        raise DescribeError(errors[0])
    if len(folders) > 1:
        listed = ", ".join(folder.name for folder in folders[:3]) + (", …" if len(folders) > 3 else "")
        raise DescribeError(f"{path}: {len(folders)} model folders here, name one of them: {listed}")
    policy = Policy(known_codes(), contract_codes(), overrides or Overrides())
    with open_model(folders[0], policy, options or RunOptions()) as model:
        if model.host.fault is not None:
            raise DescribeError(f"{folders[0].name}: {model.host.fault}")
        return make_card(model)


def render_card(card: Card, form: str = "text") -> str:
    """Return the card in one of `FORMATS`; the JSON is described by schemas/card.schema.json."""
    if form == "text":
        return render_text(card)
    return json.dumps({"version": VERSION, **dataclasses.asdict(card)}, indent=2, ensure_ascii=False) + "\n"
