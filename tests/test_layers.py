"""The house keeps its floors: what may import what, and what stays unloaded until it is wanted."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mlcheck"

LAYERS = (
    ("records", "pep440", "submodules", "keeping", "interrupts", "extras"),
    ("facts",),
    ("finding", "signature", "pip_lines", "listing"),
    ("document", "requirements", "match_spec", "edits"),
    ("files",),
    ("folder", "schema", "contract.data", "contract.inferred", "contract.outcome"),
    ("parts", "roots"),
    ("environment", "fit", "pickles", "sources"),
    (
        "contract.verdict",
        "contract.domain",
        "contract.compare",
        "contract.outputs",
        "contract.snippet",
        "contract.conversation",
    ),
    ("rules", "remote", "contract.cases", "contract.child", "contract.worker", "contract.process", "contract"),
    ("cache", "config", "jobs", "report"),
    ("baseline",),
    ("policy",),
    (
        "lint",
        "contract.under_test",
        "contract.typical",
        "contract.edges",
        "contract.learned",
        "contract.host",
        "contract.memory",
        "contract.saved",
        "contract.drawing",
        "contract.failure",
        "contract.environment_drift",
        "contract.reception",
        "contract.checks",
        "strategies",
    ),
    ("contract.checking",),
    ("contract.runner", "manual", "fix"),
    ("card",),
    ("gate", "validate", "describe", "docs", "output"),
    ("loaded", "pytest_items"),
    ("cli", "pytest_plugin"),
)
"""From the ground up; a module belongs to the longest name that it starts with."""

ALLOWED = {
    "yaml": ("document",),
    "jsonschema": ("schema",),
    "jsonschema_rs": ("schema",),
    "numpy": ("contract", "strategies", "validate"),
    "pandas": ("contract", "strategies", "validate"),
    "hypothesis": ("contract", "strategies"),
    "mlflow": ("contract.worker", "gate", "remote"),
}
"""Library → the parts of the package that may import it."""


@lru_cache(maxsize=1)
def modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.Module) -> set[str]:
    """Names of modules imported for use at run time: blocks for type checkers do not count."""
    found: set[str] = set()
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(id(inner) for part in node.body for inner in ast.walk(part))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def floor_of(module: str) -> tuple[int, str]:
    fitting = [
        (len(part), floor, part)
        for floor, parts in enumerate(LAYERS)
        for part in parts
        if module == part or module.startswith(part + ".")
    ]
    assert fitting, f"mlcheck.{module} belongs to no layer: add it to LAYERS"
    _, floor, part = max(fitting)
    return floor, part


@pytest.mark.parametrize("module", [name for name in modules() if name and name != "__main__"])
def test_imports_go_down(module: str) -> None:
    floor, part = floor_of(module)
    for imported in imports(modules()[module]):
        if not imported.startswith("mlcheck."):
            continue
        other_floor, other = floor_of(imported.removeprefix("mlcheck."))
        same_house = other.split(".")[0] == part.split(".")[0]
        assert other_floor < floor or (other_floor <= floor and (same_house or other == part)), imported


@pytest.mark.parametrize("library", ALLOWED)
def test_heavy_libraries_stay_in_their_rooms(library: str) -> None:
    users = {name for name, tree in modules().items() if any(i.split(".")[0] == library for i in imports(tree))}
    allowed = ALLOWED[library]
    assert not {name for name in users if not name.startswith(allowed)}


UNWANTED = {"mlflow", "numpy", "pandas", "hypothesis", "pytest", "jsonschema"} | {
    # A start of `mlcheck lint` has time for none of these: see mlcheck.records and mlcheck.pep440
    *("dataclasses", "inspect", "packaging.specifiers", "packaging.requirements", "packaging.markers"),
    *("asyncio", "concurrent.futures", "logging", "multiprocessing", "subprocess", "tomllib", "tomli"),
}


def test_lint_loads_nothing_heavy() -> None:
    model = Path(__file__).parent / "lint" / "base" / "pyfunc"
    code = (
        "import sys; from mlcheck.cli import main; code = main(['lint', sys.argv[1]]);"
        f"print(sorted({UNWANTED} & set(sys.modules)), code)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(model)], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[] 0"


def test_an_unused_plugin_loads_nothing_of_mlcheck(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\n"
        "def test_own():\n"
        "    loaded = {name for name in sys.modules if name.startswith('mlcheck')}\n"
        "    assert loaded <= {'mlcheck', 'mlcheck.pytest_plugin'}, loaded\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout
