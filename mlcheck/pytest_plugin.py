"""The pytest plugin: `pytest --mlcheck PATH` runs the contract checks of model folders as test items.

Without `--mlcheck` it does nothing and imports nothing beyond pytest; with it, each folder with an `MLmodel` file is
collected as `path/to/model/MLmodel::check-name`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlcheck.loaded import LoadedModel
    from mlcheck.pytest_items import ModelFile

MLMODEL = "MLmodel"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mlcheck` and the options and ini settings of a contract run."""
    group = parser.getgroup("mlcheck", "contract tests of MLflow model folders")
    group.addoption(
        "--mlcheck", action="store_true", help="collect every folder with an MLmodel file as a model to test"
    )
    group.addoption("--mlcheck-env", metavar="ENV", help="what models are run with: current, uv or a path")
    group.addoption("--mlcheck-max-examples", type=int, metavar="N", help="cases to draw for each check")
    group.addoption("--mlcheck-time-limit", type=float, metavar="SECONDS", help="longest time for one call of predict")
    group.addoption("--mlcheck-model-time-limit", type=float, metavar="SECONDS", help="longest time for one model")
    group.addoption("--mlcheck-memory-limit", type=int, metavar="MIB", help="address space of the model's process")
    group.addoption("--mlcheck-seed", type=int, metavar="N", help="another seed draws other cases (default: 0)")
    group.addoption(
        "--mlcheck-no-saved", action="store_true", help="neither try first what failed last time nor keep it"
    )
    group.addoption("--mlcheck-strict", action="store_true", help="count warnings as errors")
    parser.addini("mlcheck_env", "what models are run with: current, uv or a path", default="")
    parser.addini("mlcheck_max_examples", "cases to draw for each check", default="")
    parser.addini("mlcheck_time_limit", "longest time for one call of predict, in seconds", default="")
    parser.addini("mlcheck_model_time_limit", "longest time for one model in all, in seconds", default="")
    parser.addini("mlcheck_memory_limit", "address space of the model's process, in MiB", default="")
    parser.addini("mlcheck_seed", "seed of the drawn cases", default="")
    parser.addini("mlcheck_saved", "try first what failed last time, kept in .mlcheck", type="bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that every item of a model has; with `--mlcheck`, see to what the items need."""
    config.addinivalue_line("markers", "mlcheck: a contract check of an MLflow model folder")
    if not config.getoption("mlcheck"):
        return
    from mlcheck.extras import contract_extra_missing  # noqa: PLC0415 - nothing is imported without --mlcheck
    from mlcheck.interrupts import raise_interrupts  # noqa: PLC0415

    missing = contract_extra_missing()
    if missing:
        raise pytest.UsageError(missing)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        raise_interrupts(signal.SIGINT)  # else Hypothesis may swallow it
        config.add_cleanup(_raise_interrupts_as_ever)


def _raise_interrupts_as_ever() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mlcheck_load(request: pytest.FixtureRequest) -> Iterator[Callable[..., LoadedModel]]:
    """Give `mlcheck.load` for hand-written tests: each model is loaded once for all tests, and ended after them.

    Relative paths count from pytest's root directory.
    """
    from mlcheck.loaded import load  # noqa: PLC0415 - nothing is imported unless it is asked for

    known: dict[object, LoadedModel] = {}

    def load_once(path: str | Path, **settings: Any) -> LoadedModel:
        key = (str(path), *sorted(settings.items()))
        if key not in known:
            known[key] = load(_seen_from_here(request.config.rootpath / path), **settings)
        return known[key]

    yield load_once
    for model in known.values():
        model.close()


def _seen_from_here(path: Path) -> Path:
    """Return the path the way the user would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Keep one model's items on one pytest-xdist worker, unless the user asked for another distribution.

    A wrapper, because it must come before pytest-xdist's own hook, which settles the distribution.
    """
    if config.getoption("mlcheck") and getattr(config.option, "dist", None) == "no":
        workers = getattr(config.option, "numprocesses", None) or getattr(config.option, "tx", None)
        if workers:
            config.option.dist = "loadfile"  # a model is a file to pytest
    yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what lies inside a model folder: its code is not the project's tests, its copies no models."""
    if not config.getoption("mlcheck"):
        return None
    own = collection_path.name == MLMODEL
    outer = collection_path.parent.parents if own else collection_path.parents
    return True if any(_is_model(folder, config) for folder in outer) else None


def _is_model(folder: Path, config: pytest.Config) -> bool:
    # A repository that is itself a model folder has tests of its own, so the root and what is above do not count.
    above = folder == config.rootpath or folder in config.rootpath.parents
    return not above and (folder / MLMODEL).is_file()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ModelFile | None:
    """Collect an `MLmodel` file as a model to test."""
    if file_path.name != MLMODEL or not parent.config.getoption("mlcheck"):
        return None
    from mlcheck.pytest_items import ModelFile  # noqa: PLC0415 - nothing is imported without --mlcheck

    node: ModelFile = ModelFile.from_parent(parent, path=file_path)
    return node
