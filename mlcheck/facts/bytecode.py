"""What CPython's bytecode tells about the release that compiled it, and about imports within functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

# How many arguments the constructor of code objects takes → the releases in which it does, last one None: still
_ARGUMENTS: dict[int, tuple[tuple[int, int], tuple[int, int] | None]] = {
    15: ((3, 0), (3, 7)),
    16: ((3, 8), (3, 10)),
    18: ((3, 11), None),
}
# First release → the opcodes IMPORT_NAME and EXTENDED_ARG, from the one before the first of which no use is made
_OPCODES: tuple[tuple[tuple[int, int], int, int], ...] = (
    ((3, 14), 72, 69),
    ((3, 13), 75, 71),
    ((3, 6), 108, 144),
)
_KNOWN_UNTIL = (3, 14)


def pythons_of(arguments: int) -> tuple[tuple[int, int], tuple[int, int] | None] | None:
    """Return the first and the last release (None: the newest) that make code objects of so many arguments."""
    return _ARGUMENTS.get(arguments)


def imports_of(bytecode: bytes, names: Sequence[str], python: Sequence[int]) -> Iterator[str]:
    """Yield the modules that a function imports. `names` are those of its code object, `python` who compiled it."""
    release = tuple(python[:2])
    codes = next(((one, wide) for first, one, wide in _OPCODES if first <= release <= _KNOWN_UNTIL), None)
    if codes is None or len(release) < 2:
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
