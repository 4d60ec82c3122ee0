"""The machine of pickle's opcodes: stack, marks and memo, with nothing imported, made or called."""

# ruff: noqa: D102 - the methods are opcodes, or several of a kind

from __future__ import annotations

import codecs

from mlcheck.pickles.calls import call, make, reference
from mlcheck.pickles.stream import Budget, Window
from mlcheck.pickles.values import UNKNOWN, Blob, Imported, PickleFacts, Ref

_LONGEST_TEXT = 1 << 16
_LONGEST_BYTES = 1 << 16
_LONGEST_LINE = 1 << 16
_MOST_ITEMS = 4096  # of tuples, lists and mappings; longer ones are data


class PickleEndError(Exception):
    """The pickle says that it ends."""


class Machine:
    """Stack, marks and memo of one pickle."""

    __slots__ = ("budget", "depth", "facts", "marks", "memo", "stack", "window")

    def __init__(self, window: Window, budget: Budget, depth: int) -> None:
        self.window = window
        self.budget = budget
        self.depth = depth
        self.facts = PickleFacts()
        self.stack: list[object] = []
        self.marks: list[list[object]] = []
        self.memo: dict[int, object] = {}

    def number(self, width: int) -> int:
        return self.window.number(width)

    def line(self) -> str:
        return self.window.line(_LONGEST_LINE).decode("utf-8", "surrogateescape")

    def since_mark(self) -> list[object]:
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def keeps(self, size: int, most: int) -> bool:
        """Tell whether a text or bytes of some size are kept, and take them off the budget."""
        if size > most or self.budget.kept < size:
            return False
        self.budget.kept -= size
        return True

    # --- constants ---------------------------------------------------------------------------------------

    def push(self, value: object) -> None:
        self.stack.append(value)

    def text(self, width: int) -> None:
        size = self.number(width)
        if not self.keeps(size, _LONGEST_TEXT):
            self.window.skip(size)
            self.stack.append(UNKNOWN)
        else:
            self.stack.append(self.window.take(size).decode("utf-8", "surrogateescape"))

    def take_bytes(self, width: int) -> None:
        size = self.number(width)
        if not self.keeps(size, _LONGEST_BYTES):
            self.stack.append(Blob(self.window.offset, size))
            self.window.skip(size)
        else:
            self.stack.append(self.window.take(size))

    def old_text(self, width: int) -> None:
        self.take_bytes(width)
        value = self.stack[-1]
        if isinstance(value, bytes):
            self.stack[-1] = value.decode("latin-1")

    def skipped(self, width: int) -> None:
        self.window.skip(width)
        self.stack.append(UNKNOWN)

    def long(self, width: int) -> None:
        size = self.number(width)
        if size > 8:
            self.skipped(size)
        else:
            self.stack.append(int.from_bytes(self.window.take(size), "little", signed=True))

    def float_line(self) -> None:
        self.line()
        self.stack.append(UNKNOWN)

    def quoted(self) -> None:
        text = self.line().encode("utf-8", "surrogateescape").strip()[1:-1]
        self.stack.append(codecs.escape_decode(text)[0].decode("latin-1"))

    def escaped(self) -> None:
        self.stack.append(self.line().encode("utf-8", "surrogateescape").decode("raw-unicode-escape"))

    def decimal(self) -> None:
        text = self.line().rstrip("L")
        self.stack.append(int(text) if text.isdecimal() and len(text) < 20 else UNKNOWN)

    # --- stack and memo ----------------------------------------------------------------------------------

    def mark(self) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.stack = self.marks.pop()

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def get(self, index: int) -> None:
        self.stack.append(self.memo[index])

    # --- containers --------------------------------------------------------------------------------------

    def long_tuple(self, items: list[object]) -> None:
        self.stack.append(tuple(items) if len(items) <= _MOST_ITEMS else UNKNOWN)

    def short_tuple(self, size: int) -> None:
        items = self.stack[-size:]
        if len(items) < size:
            raise EOFError
        self.stack[-size:] = [tuple(items)]

    def collect(self, value: object) -> None:
        self.since_mark()
        self.stack.append(value)

    def list_since_mark(self) -> None:
        items = self.since_mark()
        self.stack.append(items[:_MOST_ITEMS])

    def dictionary(self) -> None:
        items = self.since_mark()
        self.stack.append({})
        self.set_items(items)

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def set_items(self, items: list[object]) -> None:
        target = self.stack[-1]
        self.watch(target)
        if isinstance(target, dict) and len(target) < _MOST_ITEMS:
            keys = items[: 2 * _MOST_ITEMS : 2]
            target.update((key, value) for key, value in zip(keys, items[1::2], strict=False) if isinstance(key, str))

    def append(self) -> None:
        value = self.stack.pop()
        self.put_into(self.stack[-1], [value])

    def extend(self) -> None:
        items = self.since_mark()
        self.put_into(self.stack[-1], items)

    def put_into(self, target: object, items: list[object]) -> None:
        self.watch(target)
        if isinstance(target, list) and len(target) < _MOST_ITEMS:
            target += items[:_MOST_ITEMS]

    def watch(self, target: object) -> None:
        """Note where a global object is changed: no pickler writes that, it replaces parts of the program."""
        if isinstance(target, Ref):
            self.facts.patched.setdefault(str(target), self.window.offset)
        elif isinstance(target, Imported):
            self.facts.patched.setdefault(target.name, self.window.offset)

    # --- references and calls ----------------------------------------------------------------------------

    def name(self, module: object, name: object) -> None:
        self.stack.append(reference(self.facts, module, name, self.window.offset))

    def global_(self) -> None:
        self.name(self.line(), self.line())

    def stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.name(module, name)

    def extension(self, width: int) -> None:
        self.window.skip(width)
        self.name(None, None)

    def reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.stack.append(call(self.facts, function, arguments, self.window.offset))

    def instance(self) -> None:
        module, name = self.line(), self.line()
        arguments = tuple(self.since_mark())
        function = reference(self.facts, module, name, self.window.offset)
        self.stack.append(call(self.facts, function, arguments, self.window.offset))

    def old_object(self) -> None:
        function, *arguments = self.since_mark()
        self.stack.append(call(self.facts, function, tuple(arguments), self.window.offset))

    def new(self, extra: int) -> None:
        if extra:
            self.stack.pop()
        arguments, function = self.stack.pop(), self.stack.pop()
        self.stack.append(make(self.facts, function, arguments, self.window.offset))

    def persistent(self, value: object) -> None:
        # PyTorch: ("storage", class, key, device, size)
        if isinstance(value, tuple) and len(value) >= 4 and isinstance(value[3], str):
            self.facts.devices.setdefault(value[3], self.window.offset)
        self.stack.append(UNKNOWN)

    def protocol(self) -> None:
        self.facts.protocol = max(self.facts.protocol, self.number(1))

    def stop(self) -> None:
        self.facts.top = self.stack[-1]
        raise PickleEndError
