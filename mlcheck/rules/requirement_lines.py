"""Rules about requirement lines that pip cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.environment import is_remote, local_path, read_environment
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement, mask_credentials
from mlcheck.rules.registry import rule


@rule("MLC320", Severity.ERROR, since="0.1.0", reads="environment")
def unreadable_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds requirement lines that pip cannot read.

    ## Why is this bad?
    pip stops at the first such line and installs nothing: the model's environment cannot be built. MLflow itself
    passes over the line without a word.

    ## Bad
        numpy=2.1.0
        scikit-learn==1.7.2 scipy==1.16.3
        pandas==latest

    ## Good
        numpy==2.1.0
        scikit-learn==1.7.2
        scipy==1.16.3
        pandas

    ## What to do
    Write one requirement a line: a name, then `==` and a version.

    ## Based on
    pip's `req_file.py` and the `packaging` library; pip 24.1 and later refuse versions that are not PEP 440
    """
    told: set[tuple[str, str]] = set()
    for line in read_environment(folder).everything:
        text = mask_credentials(line.text)
        common = "conflict" if is_conflict_mark(line) else "tag" if line.text.startswith("<") else ""
        if common and (line.location.path, common) in told:
            continue  # the other marks of the same conflict, the rest of the same web page
        told.add((line.location.path, common))
        if line.kind == "unreadable":
            what, hint = _explain(line.text)
            yield Problem(f"pip cannot read {text!r}: {what}", line.location, hint, subject=text)
        elif line.kind in {"path", "vcs-or-url"} and line.target.endswith(".whl") and not line.name and _is_ours(line):
            message = f"{text!r} is no name of a wheel: pip reads NAME-VERSION-PYTHON-ABI-PLATFORM.whl"
            yield Problem(message, line.location, "give the wheel the name that it was built with", subject=text)


def _is_ours(line: Requirement) -> bool:
    """Tell whether a file lies in the folder or on the network: other paths have a finding of their own."""
    return local_path(line) is not None or is_remote(line.target)


def is_conflict_mark(line: Requirement) -> bool:
    """Tell whether a line is what git leaves in a file that two sides have changed."""
    return line.kind == "unreadable" and re.match(_CONFLICT, line.text) is not None


_CONFLICT = r"<{7}|={7}|>{7}|\|{7}"


def _explain(text: str) -> tuple[str, str]:
    """Return what is wrong with an unreadable line and what to write."""
    name = re.match(r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?", text)
    single = re.fullmatch(r"([A-Za-z0-9][\w.-]*)\s*=\s*(\d[^\s=]*)(?:=\S*)?", text)
    if re.match(_CONFLICT, text):
        return "a merge conflict that was left open", "resolve the conflict"
    if text.startswith("<"):
        return "the file is a web page", "put the right file there"
    if re.match(r"-\s", text):
        return "lists with '-' are for YAML, pip passes over such a line", f"write `{text[1:].strip()}`"
    if not text.isascii():
        return "names are plain ASCII letters, digits, '-', '_' and '.'", "type the line again"
    if "=>" in text or "=<" in text:
        return "the operators are '>=' and '<='", f"write `{text.replace('=>', '>=').replace('=<', '<=')}`"
    if single:
        return "a single '=' is for conda, pip needs '=='", f"write `{single[1]}=={single[2]}`"
    if text.startswith("-") or re.search(r"\s--?\w", text):
        return "it does not take that option in a requirements file", "remove the option"
    if name and re.match(r"\s*(?:[=<>!~]=?=?[^\s,;]+)?\s+[A-Za-z]", text[name.end() :]):
        return "more than one requirement", "write one requirement a line"
    if name and re.match(r"\s*[=<>!~]", text[name.end() :]):
        return "that is no version", f"write `{name[0]}==1.2.3` with a version that exists"
    return "that is no requirement", "write `name==1.2.3`"
