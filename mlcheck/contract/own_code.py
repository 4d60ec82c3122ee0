"""What the model's own code mentions: a hint at what it may do, where no call shows it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from mlcheck.document import MAX_BYTES
from mlcheck.folder import ModelFolder

_PICKLES: Final = frozenset({".pkl", ".pickle", ".cloudpickle"})
"""Of files that hold code: texts stand in pickles as they are, between bytes that may look like letters."""
_HASHING: Final = re.compile(rb"\b(?:set|frozenset|hash)\(|\{[^{}:,]*,[^{}:]*\}")
_HASHING_PICKLED: Final = re.compile(rb"(?<![A-Za-z_])(?:set|frozenset|hash)(?![A-Za-z_])")


def makes_hashes(folder: ModelFolder) -> bool:
    """Tell whether the code makes sets or calls `hash`, and so may depend on the hashes of texts."""
    return has_in_code(folder, _HASHING, pickled=_HASHING_PICKLED)


def has_in_code(folder: ModelFolder, source: re.Pattern[bytes], *, pickled: re.Pattern[bytes]) -> bool:
    """Tell whether one pattern is in a Python file of the folder, or the other one in a pickle.

    True also for a file that is too large to be read: nobody knows what the rest holds.
    """
    for file in folder.files:
        suffix = PurePosixPath(file.path).suffix
        pattern = pickled if suffix in _PICKLES else source if suffix == ".py" else None
        content = folder.read_bytes(file.path) if pattern else None
        if pattern and content is not None and (len(content) > MAX_BYTES or pattern.search(content)):
            return True
    return False
