"""Linter and contract-test harness for MLflow model folders."""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs a start of `mlcheck lint` more than this module does
if TYPE_CHECKING:
    from mlcheck.loaded import ContractError, LoadedModel, load

__all__ = ["ContractError", "LoadedModel", "__version__", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import what hand-written tests need, when they ask for it: it takes the contract extra and a second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - see above

    try:
        return getattr(importlib.import_module("mlcheck.loaded"), name)
    except ModuleNotFoundError as error:
        extras = importlib.import_module("mlcheck.extras")
        if error.name in extras.CONTRACT:
            raise ImportError(f"mlcheck.{name} needs {error.name}: {extras.INSTALL}", name=error.name) from error
        raise
