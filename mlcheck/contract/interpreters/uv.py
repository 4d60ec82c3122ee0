"""uv: where it is, how it is run within a time limit, and what its errors mean."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from mlcheck.contract.interpreters.types import NoInterpreterError

_WATCHDOG: Final = Path(__file__).with_name("watchdog.py")


class UvError(Exception):
    """uv has failed; the text is what it has said."""


@dataclass(frozen=True, slots=True)
class Uv:
    """A uv to run: its path, the moment (of `time.monotonic`) when it must have ended, a descriptor to keep open."""

    path: str
    deadline: float
    lock: int | None = None

    def run(self, arguments: Sequence[str], *, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
        """Return what a uv command has printed.

        Raises UvError when it fails, TimeoutError when it does not end in time. Whatever happens, it does not
        outlive this process.
        """
        command = [sys.executable, "-I", "-S", str(_WATCHDOG), self.path, *arguments]
        reads, lifeline = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603 - uv, with what the folder declares
                command,
                stdin=reads,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **_QUIET, **(environment or {})},
                pass_fds=[] if self.lock is None else [self.lock],
            )
        except BaseException:
            os.close(lifeline)
            raise
        finally:
            os.close(reads)
        return self._await(process, lifeline)

    def _await(self, process: subprocess.Popen[bytes], lifeline: int) -> str:
        try:
            output, _ = process.communicate(timeout=max(0.0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            os.close(lifeline)
            process.wait()
        said = output.decode("utf-8", "replace")
        if process.returncode != 0:
            raise UvError(said)
        return said


_QUIET: Final = {"UV_NO_PROGRESS": "1", "NO_COLOR": "1", "PIP_NO_INPUT": "1", "GIT_TERMINAL_PROMPT": "0"}


def find_uv() -> str:
    """Return the path of uv: the one that is installed beside mlcheck, else that on PATH; raise NoInterpreterError."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - an extra

        return str(find_uv_bin())
    except (ImportError, OSError):
        on_path = shutil.which("uv")
    if on_path is None:
        raise NoInterpreterError("--env uv needs uv: pip install 'pytest-mlcheck[env]', or pip install uv")
    return os.path.abspath(on_path)


@cache
def uv_version(path: str) -> str:
    """Return the first two numbers of uv's version, empty where it does not tell."""
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\d+\.\d+", asked.stdout)
    return found[0] if found else ""


_UNREACHABLE: Final = re.compile(
    r"error sending request|dns error|tcp connect error|client error \(Connect\)|[Cc]onnection (?:refused|reset|closed)"
    r"|timed out|network was disabled|HTTP status (?:server|client) error \((?:401|403|407|408|429|5\d\d)"
    r"|peer certificate|Could not resolve host|unable to access '|Permission denied|Authentication failed"
    r"|No space left on device|Disk quota exceeded|Read-only file system|Git executable not found"
    r"|was not found in the (?:package registry|provided package locations)|not found in the cache"
)
"""The network, the machine or how uv is set up here. uv reads no pip.conf: a package it does not find at all may well
lie in an index that it was not told of."""

_LACKS_TOOL: Final = re.compile(
    r"fatal error: '?(?!longintrepr)\S+\.h\b|command '?\S*(?:gcc|g\+\+|cc|c\+\+|clang)'? failed: No such file"
    r"|No such file or directory: '(?:\S*gcc|g\+\+|cc|clang|make|cmake|cargo|gfortran)'|[Uu]nknown compiler"
    r"|(?:Rust|Cargo|cmake|CMake|pkg-config|compiler)\S* (?:is not installed|not found)"
    r"|(?:pg|mysql|llvm)_?-?config(?: executable)? not found|command not found"
)
"""A compiler, or headers of a library; not longintrepr.h, which Python 3.11 has moved: that package is too old."""

_DECLARED: Final = re.compile(
    r"No solution found|Failed to build|[Bb]uild backend (?:returned|failed)|Couldn't parse requirement|Unexpected '"
    r"|Error parsing included file"
    r"|Distribution not found at|HTTP status client error \(4(?:04|10)|Hash mismatch|Failed to read `|conflicting URLs"
    r"|failed to read from file"
)


def blames_folder(said: str) -> bool:
    """Tell whether an error can only come from what was asked for, and not from this machine or its network."""
    return bool(_DECLARED.search(said)) and not _UNREACHABLE.search(said) and not _LACKS_TOOL.search(said)


def remedy_for(said: str) -> str:
    """Return what to do about an error that does not blame the folder, to be added to a message."""
    if "not found in the package" in said:
        return "; if another index has it, name that in UV_INDEX (uv reads no pip.conf) or in requirements.txt"
    if _LACKS_TOOL.search(said):
        return "; install what is missing here, or name an interpreter with --env PATH"
    return "; see whether the package index can be reached from here" if _UNREACHABLE.search(said) else ""


def essential_lines(said: str) -> str:
    """Return the lines of an error that say what is wrong, without warnings and drawings."""
    lines = [re.sub(r"^[\s×╰│├─▶]*", "", line) for line in said.splitlines()]
    start = next((at for at, line in enumerate(lines) if line.startswith("error: ") or "No solution" in line), 0)
    kept = [line[:400] for line in lines[start:] if line and not line.startswith("warning: ")]
    return "\n".join(kept if len(kept) <= _LINES else [*kept[:4], "…", *kept[5 - _LINES :]])


_LINES: Final = 16


def one_line(said: str) -> str:
    """Return the error and what it comes from, for a message: the whole reason, or the first and the last cause."""
    lines = [line.removeprefix("error: ").removeprefix("cause: ") for line in essential_lines(said).splitlines()]
    lines = [line.rstrip(":.") for line in lines if not line.startswith("hint: ")]
    if lines and lines[0].startswith("No solution found"):
        return f"{lines[0]}: {' '.join(lines[1:])}"[:_MESSAGE]
    return ": ".join(line for line in dict.fromkeys([*lines[:2], *lines[-1:]]) if line)[:_MESSAGE]


_MESSAGE: Final = 400
