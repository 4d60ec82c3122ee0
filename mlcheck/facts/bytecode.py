"""What CPython's bytecode tells about the release that compiled it, and about imports within functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# How many arguments the constructor of code objects takes → the releases in which it does, last one None: still
_ARGUMENTS: dict[int, tuple[tuple[int, int], tuple[int, int] | None]] = {
    15: ((3, 0), (3, 7)),
    16: ((3, 8), (3, 10)),
    18: ((3, 11), None),
}
# RESUME, IMPORT_NAME and EXTENDED_ARG of the releases that have RESUME, which stands at the beginning of every function
_RESUMING: tuple[tuple[int, int, int], ...] = ((151, 108, 144), (149, 75, 71))  # 3.11 and 3.12, 3.13
_BEFORE = (108, 144)  # IMPORT_NAME and EXTENDED_ARG from 3.6 to 3.10
_BEGINNING = 12


def pythons_of(arguments: int) -> tuple[tuple[int, int], tuple[int, int] | None] | None:
    """Return the first and the last release (None: the newest) that make code objects of so many arguments."""
    return _ARGUMENTS.get(arguments)


def imports_of(bytecode: bytes, names: Sequence[str], arguments: int) -> Iterator[str]:
    """Yield the modules that a function imports, as far as the release that compiled it is known.

    names: those of its code object. arguments: how many its constructor is given.
    """
    codes = _opcodes(bytecode, arguments)
    if codes is None:
        return
    import_name, extended = codes
    index = 0
    for opcode, argument in zip(bytecode[::2], bytecode[1::2], strict=False):
        index = index << 8 | argument
        if opcode == extended:
            continue
        if opcode == import_name and index < len(names):
            yield names[index]
        index = 0


def _opcodes(bytecode: bytes, arguments: int) -> tuple[int, int] | None:
    if arguments != 18:
        return _BEFORE if arguments in _ARGUMENTS else None
    beginning = bytecode[: 2 * _BEGINNING : 2]
    return next((codes for resume, *codes in _RESUMING if resume in beginning), None)  # type: ignore[return-value]
