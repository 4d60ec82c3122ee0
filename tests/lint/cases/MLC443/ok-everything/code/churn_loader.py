from __future__ import annotations

import os
import sys

try:
    import simplejson as json
except ImportError:
    import json

try:
    unicode
except NameError:
    unicode = str

if sys.platform == "win32":
    winner = WindowsError


def _outer():
    counter = 0

    def inner():
        nonlocal counter
        counter += 1
        return counter

    return inner


def _set():
    global LATER
    LATER = 1


class Model:
    kind = "a"
    both = [kind for _ in range(2)] if False else kind

    def predict(self, data: UndefinedInAnnotation) -> Neither:
        total = 0
        for index, value in enumerate(data):
            total += index
        with open(os.devnull) as file, open(os.devnull) as other:
            file.read(), other.read()
        try:
            raise ValueError
        except ValueError as error:
            print(error, __file__, __name__, __doc__)
        match data:
            case [first, *rest]:
                return first, rest
            case {"a": a, **more}:
                return a, more
        if (size := len(data)) > 1:
            return size
        print({key: value for key, value in data.items()}, [y for x in data for y in x], LATER, json, unicode)
        import random as rnd
        del total
        return rnd, self.__class__, super().__init__, __class__


def _load_pyfunc(path):
    _set()
    return _outer()() and Model()
