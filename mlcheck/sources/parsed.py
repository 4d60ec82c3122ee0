"""Python source text → its syntax tree, or what is wrong with it."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from functools import lru_cache

from mlcheck.records import record

LARGEST = 150_000  # characters; longer source takes seconds to follow
COMMON = 8 * 1024
"""Bytes of source, up to which a file is remembered: other folders may have the same."""

_TOO_DEEP = "the source is too deeply nested to be read"


@record(frozen=True, slots=True)
class Source:
    """A file of Python source. `module` is the name that it is imported by, "" for a model from code.

    tree: None if it cannot be read. error, line, column: why, where that is certain for the declared Python.
    """

    path: str
    module: str
    is_package: bool
    text: str
    tree: ast.Module | None
    error: str = ""
    line: int = 1
    column: int = 1

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]


def parse(path: str, module: str, raw: bytes, python: tuple[int, int] | None) -> Source:
    """Parse a source file. `python` is the Python that will run it, None if that is not known.

    An error is only reported where the Python that runs mlcheck knows the grammar of `python`.
    """
    return (_parse_common if len(raw) <= COMMON else _parse)(path, module, raw, python)


_MAY_STAND_OUTSIDE = re.compile(rb"^(?:[^\s#].*?\b)?(?:return|yield|await)\b", re.MULTILINE)


def _parse(path: str, module: str, raw: bytes, python: tuple[int, int] | None) -> Source:
    is_package = path.endswith("/__init__.py")
    text = raw.decode("utf-8-sig", "replace")
    if len(text) > LARGEST:
        return Source(path, module, is_package, "", None)
    known = python is None or (3, 0) <= python <= sys.version_info[:2]
    feature = python if python is not None and known and python >= (3, 7) else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(raw if b"\0" not in raw else text, feature_version=feature)
            if _MAY_STAND_OUTSIDE.search(raw):
                compile(tree, path, "exec", dont_inherit=True)  # parsing alone lets them stand outside of functions
    except SyntaxError as error:
        why = (error.msg or "it is no Python") if known else ""
        return Source(path, module, is_package, text, None, why, error.lineno or 1, max(1, error.offset or 1))
    except ValueError as error:  # null bytes
        return Source(path, module, is_package, text, None, str(error) if known else "")
    except (RecursionError, MemoryError):
        return Source(path, module, is_package, text, None)
    return Source(path, module, is_package, text, tree)


_parse_common = lru_cache(maxsize=32)(_parse)
