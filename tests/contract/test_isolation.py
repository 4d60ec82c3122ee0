"""The clean room where the system gives less: another user than root, no namespaces to be had."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.models import write_model

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("unshare") is None, reason="there are no namespaces to do without"
)

MODEL = """
import os, socket
class Model:
    def __init__(self, path):
        self.path = path
    def predict(self, data):
        if data == ["network"]:
            socket.create_connection(("192.0.2.1", 80), timeout=5)
        if data == ["loopback"]:
            server = socket.create_server(("127.0.0.1", 0))
            socket.create_connection(server.getsockname(), timeout=5)
        if data == ["write"]:
            open(os.path.join(self.path, "cache.txt"), "w").close()
        return [os.geteuid()]
def _load_pyfunc(path):
    return Model(path)
"""

PARENT = """
import json, sys
from pathlib import Path
from mlcheck.contract.process import ModelProcess

with ModelProcess(Path(sys.argv[1])) as process:
    found = {what: process.predict([what]) for what in ("plain", "network", "loopback", "write")}
    told = {what: [outcome.kind, *outcome.seen.network, *outcome.seen.writes] for what, outcome in found.items()}
    told |= {"room": dict(process.isolation), "user": found["plain"].output, "changes": process.find_changes()}
    print(json.dumps(told))
"""

NONE_TO_BE_HAD = "for kind in net mnt; do echo 0 > /proc/sys/user/max_${kind}_namespaces; done; exec "
AS_USER = "unshare --user --map-user=1000 --map-group=1000 "


@pytest.mark.parametrize(
    ("before", "user", "network", "folder"),
    [
        (f"exec {AS_USER}", 1000, "namespace", "mount"),
        (NONE_TO_BE_HAD, 0, "guard", "watched"),
        (NONE_TO_BE_HAD + AS_USER, 1000, "guard", "permissions"),
    ],
    ids=["a user", "root, no namespaces", "a user, no namespaces"],
)
def test_the_room_is_as_good_as_the_system_lets_it(
    tmp_path: Path, before: str, user: int, network: str, folder: str
) -> None:
    found = run_in_namespace(before, tmp_path)
    assert (found["user"], found["room"]) == ([user], {"network": network, "folder": folder})
    assert found["network"] == ["raised", "192.0.2.1:80"]
    assert found["plain"] == found["loopback"] == ["answered"]
    assert found["write"] == ["answered" if folder == "watched" else "raised", "cache.txt"]
    assert found["changes"] == (["cache.txt"] if folder == "watched" else [])


def run_in_namespace(before: str, tmp_path: Path) -> dict[str, object]:
    """Run a model in a user namespace, where root's powers end and limits can be set."""
    command = f'{before}"$@"'
    words = [sys.executable, "-c", PARENT, str(write_model(tmp_path / "model", MODEL))]
    home = Path(__file__).parents[2]
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", command, "sh", *words],
        capture_output=True,
        text=True,
        cwd=home,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found
