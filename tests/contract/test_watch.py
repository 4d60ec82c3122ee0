"""What counts as reaching for the network, and as writing into the model's own folder."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from mlcheck.contract.child.watch import Watch

FOLDER = "/models/churn"


def watch(event: str, *args: Any, block: bool = False) -> dict[str, list[str]]:
    watching = Watch(FOLDER, block=block, room={})
    watching.note(event, args)
    return watching.take()


@pytest.fixture
def stream() -> Any:
    with socket.socket() as opened:
        yield opened


@pytest.mark.parametrize(
    ("event", "args", "name"),
    [
        ("socket.getaddrinfo", ("example.com", 443, 0, 0, 0), "example.com:443"),
        ("socket.getaddrinfo", (b"example.com", "https", 0, 0, 0), "example.com:https"),
        ("socket.getaddrinfo", ("example.com", None, 0, 0, 0), "example.com"),
        ("socket.gethostbyname", ("example.com",), "example.com"),
    ],
)
def test_looking_up_a_host_is_reaching_for_it(event: str, args: tuple[Any, ...], name: str) -> None:
    assert watch(event, *args)["network"] == [name]


def test_connecting_is_told_by_address(stream: socket.socket) -> None:
    assert watch("socket.connect", stream, ("192.0.2.1", 80))["network"] == ["192.0.2.1:80"]
    for near in (("127.0.0.1", 80), ("localhost", 80), ("", 80), (socket.gethostname(), 1)):
        assert watch("socket.connect", stream, near)["network"] == []


def test_learning_one_s_own_address_is_no_use_of_the_network() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        assert watch("socket.connect", datagrams, ("192.0.2.1", 80))["network"] == []
        assert watch("socket.sendto", datagrams, ("192.0.2.1", 80))["network"] == ["192.0.2.1:80"]
    with socket.socket(socket.AF_UNIX) as local:
        assert watch("socket.connect", local, "/run/docker.sock")["network"] == []


def test_without_a_namespace_the_network_is_refused_here(stream: socket.socket) -> None:
    with pytest.raises(OSError, match="Network is unreachable"):
        watch("socket.connect", stream, ("192.0.2.1", 80), block=True)
    assert watch("socket.connect", stream, ("127.0.0.1", 80), block=True)["network"] == []


@pytest.mark.parametrize(
    ("event", "args", "names"),
    [
        ("open", (f"{FOLDER}/a/b.txt", "w", os.O_WRONLY | os.O_CREAT), ["a/b.txt"]),
        ("open", (f"{FOLDER}/b.db".encode(), None, os.O_RDWR), ["b.db"]),
        ("open", (f"{FOLDER}/../churn/x", "a", os.O_APPEND), ["x"]),
        ("open", (f"{FOLDER}/b.txt", "r", os.O_RDONLY), []),
        ("open", (f"{FOLDER}-2/b.txt", "w", os.O_WRONLY), []),
        ("open", (f"{FOLDER}/code/__pycache__/m.pyc", "wb", os.O_WRONLY), []),
        ("open", (5, "w", os.O_WRONLY), []),
        ("open", ("odd",), []),
        ("os.rename", ("/tmp/x", f"{FOLDER}/x", -1, -1), ["x"]),
        ("os.remove", (f"{FOLDER}/MLmodel", -1), ["MLmodel"]),
        ("os.mkdir", (f"{FOLDER}/cache", 0o777, -1), ["cache"]),
        ("import", ("os",), []),
    ],
)
def test_writes_are_told_by_path(event: str, args: tuple[Any, ...], names: list[str]) -> None:
    assert watch(event, *args)["writes"] == names
