"""The registry of lint rules: what a rule is, and how one is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.parts import Part
from mlcheck.records import record

FolderRule = Callable[[ModelFolder], Iterable[Problem]]
Fact = Callable[[ModelFolder], object]
TreeRule = Callable[[Sequence[tuple[ModelFolder, Any]]], Iterable[tuple[ModelFolder, Problem]]]


@record(frozen=True, slots=True)
class Rule:
    """One static check.

    `scope` says whether it looks at one folder or at all folders of a run together, `reads` at what of a folder.
    `fact`: what a rule of scope `tree` has to know of each folder.
    """

    code: str
    name: str
    severity: Severity
    since: str
    scope: Literal["folder", "tree"]
    function: Callable[..., Iterable[object]]
    reads: Part = "folder"
    fact: Fact | None = None

    @property
    def manual(self) -> str:
        """The manual page: the docstring of the rule's function, without its indentation."""
        import inspect  # noqa: PLC0415 - a run that explains nothing need not import it

        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the manual page."""
        return self.manual.partition("\n")[0]

    def check_folder(self, folder: ModelFolder) -> Iterable[Problem]:
        """Return what the rule finds in one folder; the rule runs while that is looked through."""
        found: Iterable[Problem] = self.function(folder)  # type: ignore[assignment]
        return found

    def check_tree(self, folders: Sequence[tuple[ModelFolder, object]]) -> Iterator[tuple[ModelFolder, Problem]]:
        """Yield what a rule of scope `tree` finds in folders that are checked together, each with the rule's fact."""
        for pair in self.function(folders):
            assert isinstance(pair, tuple)
            yield pair


RULES: dict[str, Rule] = {}
"""All rules by code, filled by the decorators when the rule modules are imported."""


def rule(code: str, severity: Severity, *, since: str, reads: Part = "folder") -> Callable[[FolderRule], FolderRule]:
    """Register a function of one model folder as the rule `code`; its name is the function's, with hyphens.

    A rule that looks at no more than a part of the folder may say so with `reads`: it is then asked but once about
    all folders that have this part in common. The default is right for every rule.
    """

    def register(function: FolderRule) -> FolderRule:
        _add(Rule(code, _name_of(function), severity, since, "folder", function, reads))
        return function

    return register


def tree_rule(code: str, severity: Severity, *, since: str, fact: Fact) -> Callable[[TreeRule], TreeRule]:
    """Register a function of all model folders of a run as the rule `code`.

    It gets each folder with what `fact` returns for it: values that JSON has, which are kept between runs so that
    folders that have not changed need not be read. It looks at nothing else of the folders.
    """

    def register(function: TreeRule) -> TreeRule:
        _add(Rule(code, _name_of(function), severity, since, "tree", function, fact=fact))
        return function

    return register


def _name_of(function: Callable[..., object]) -> str:
    return function.__name__.strip("_").replace("_", "-")


def _add(rule: Rule) -> None:
    if rule.code in RULES:
        raise ValueError(f"rule code {rule.code} is taken by {RULES[rule.code].name}")
    RULES[rule.code] = rule
