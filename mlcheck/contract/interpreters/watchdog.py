"""Runs a command, and ends it with all that it has started once standard input is closed: when its parent is gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    """Run the command line's own arguments; return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's affair, whose end closes the stream
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603

    def watch() -> None:
        os.read(0, 1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
