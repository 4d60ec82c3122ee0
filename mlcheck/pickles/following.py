"""Following a pickle opcode by opcode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mlcheck.pickles.arrays import array_after
from mlcheck.pickles.machine import Machine, PickleEndError
from mlcheck.pickles.stream import Budget, Window
from mlcheck.pickles.values import UNKNOWN, Made, PickleFacts

_DEEPEST = 4  # pickles of arrays of objects within arrays of objects
_SHORT_TEXT, _MEMOIZE, _BYTE, _GET, _INTEGER = 0x8C, 0x94, 0x4B, 0x68, 0x4A


def run(window: Window, budget: Budget, depth: int = 0) -> PickleFacts:
    """Follow one pickle from where the window stands; never raises for its content.

    The window stands behind the pickle afterwards if `end` is "stop".
    """
    machine = Machine(window, budget, depth)
    try:
        _follow(machine, window, budget)
        machine.facts.end = "limit"
    except PickleEndError:
        machine.facts.end = "stop"
    except (ArithmeticError, EOFError, LookupError, MemoryError, OSError, TypeError, ValueError):
        machine.facts.end = "limit" if budget.unpacked <= 0 else "cut" if window.ended else "broken"
    return machine.facts


_SLICE = 1000


def _follow(machine: Machine, window: Window, budget: Budget) -> None:
    """Handle opcodes until the budget is used up; the commonest ones here, as their number is what takes time."""
    while budget.operations > 0:
        budget.operations -= _SLICE
        _follow_some(machine, window)


def _follow_some(machine: Machine, window: Window) -> None:
    memo, data, position, stack = machine.memo, window.data, window.position, machine.stack
    try:
        for _ in range(_SLICE):
            if position > window.safe:
                window.position = position
                window.fill()
                data, position = window.data, 0
            opcode = data[position]
            position += 1
            if opcode == _SHORT_TEXT:
                end = position + 1 + data[position]
                stack.append(data[position + 1 : end].decode("utf-8", "surrogateescape"))
                position = end
            elif opcode == _MEMOIZE:
                memo[len(memo)] = stack[-1]
            elif opcode == _BYTE:
                stack.append(data[position])
                position += 1
            elif opcode == _GET:
                stack.append(memo[data[position]])
                position += 1
            elif opcode == _INTEGER:
                stack.append(int.from_bytes(data[position : position + 4], "little"))
                position += 4
            else:
                window.position = position
                _HANDLERS[opcode](machine)
                data, position, stack = window.data, window.position, machine.stack
    except IndexError:
        if position >= len(data):  # the argument of the last opcode is not there
            window.position = len(window.data)
        raise
    window.position = position


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    target = machine.stack[-1]
    machine.watch(target)
    if isinstance(target, Made):
        target.state = state
        size = array_after(machine.window, target)
        if size < 0 and machine.depth < _DEEPEST:
            _absorb(machine, run(machine.window, machine.budget, machine.depth + 1))
        elif size:
            machine.window.skip(size)


def _absorb(machine: Machine, inner: PickleFacts) -> None:
    """Take over what a pickle within does; without its end this one cannot be followed further either."""
    machine.facts.absorb(inner)
    if inner.end != "stop":
        raise EOFError


Handler = Callable[[Machine], object]


def _unknown_opcode(_machine: Machine) -> None:
    raise EOFError


def _handlers() -> list[Handler]:
    table: list[Handler] = [_unknown_opcode] * 256
    for code, handler in _OPCODES.items():
        table[ord(code)] = handler
    return table


_OPCODES: Final[dict[str, Handler]] = {
    "(": Machine.mark,
    ".": Machine.stop,
    "0": Machine.pop,
    "1": lambda m: m.since_mark(),
    "2": lambda m: m.push(m.stack[-1]),
    "F": Machine.float_line,
    "I": Machine.decimal,
    "J": lambda m: m.push(m.number(4)),
    "K": lambda m: m.push(m.window.number(1)),
    "L": Machine.decimal,
    "M": lambda m: m.push(m.number(2)),
    "N": lambda m: m.push(None),
    "P": lambda m: m.persistent(m.line()),
    "Q": lambda m: m.persistent(m.stack.pop()),
    "R": Machine.reduce,
    "S": Machine.quoted,
    "T": lambda m: m.old_text(4),
    "U": lambda m: m.old_text(1),
    "V": Machine.escaped,
    "X": lambda m: m.text(4),
    "a": Machine.append,
    "b": _build,
    "c": Machine.global_,
    "d": Machine.dictionary,
    "}": lambda m: m.push({}),
    "e": Machine.extend,
    "g": lambda m: m.get(int(m.line())),
    "h": lambda m: m.get(m.window.number(1)),
    "i": Machine.instance,
    "j": lambda m: m.get(m.number(4)),
    "l": Machine.list_since_mark,
    "]": lambda m: m.push([]),
    "o": Machine.old_object,
    "p": lambda m: m.put(int(m.line())),
    "q": lambda m: m.put(m.window.number(1)),
    "r": lambda m: m.put(m.number(4)),
    "s": Machine.set_item,
    "t": lambda m: m.long_tuple(m.since_mark()),
    ")": lambda m: m.push(()),
    "u": lambda m: m.set_items(m.since_mark()),
    "G": lambda m: m.skipped(8),
    "B": lambda m: m.take_bytes(4),
    "C": lambda m: m.take_bytes(1),
    "\x80": Machine.protocol,
    "\x81": lambda m: m.new(0),
    "\x82": lambda m: m.extension(1),
    "\x83": lambda m: m.extension(2),
    "\x84": lambda m: m.extension(4),
    "\x85": lambda m: m.short_tuple(1),
    "\x86": lambda m: m.short_tuple(2),
    "\x87": lambda m: m.short_tuple(3),
    "\x88": lambda m: m.push(True),
    "\x89": lambda m: m.push(False),
    "\x8a": lambda m: m.long(1),
    "\x8b": lambda m: m.long(4),
    "\x8c": lambda m: m.text(1),
    "\x8d": lambda m: m.text(8),
    "\x8e": lambda m: m.take_bytes(8),
    "\x8f": lambda m: m.push(UNKNOWN),
    "\x90": Machine.extend,
    "\x91": lambda m: m.collect(UNKNOWN),
    "\x92": lambda m: m.new(1),
    "\x93": Machine.stack_global,
    "\x94": Machine.memoize,
    "\x95": lambda m: m.window.skip(8),
    "\x96": lambda m: m.take_bytes(8),
    "\x97": lambda m: m.push(UNKNOWN),
    "\x98": lambda _: None,
}

_HANDLERS: Final = _handlers()
