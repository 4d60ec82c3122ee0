"""Requirement lines against pip's own parser, and what pip has no word for."""

from __future__ import annotations

import random
import re
import string
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from mlcheck.finding import Location
from mlcheck.pip_lines import decode_requirements, logical_lines
from mlcheck.requirements import (
    Requirement,
    mask_credentials,
    parse_requirements,
    parse_requirements_text,
    read_version,
)

pytest.importorskip("pip", minversion="26.0")  # older ones read some lines otherwise
req_file = pytest.importorskip("pip._internal.req.req_file")
constructors = pytest.importorskip("pip._internal.req.constructors")
pip_errors = pytest.importorskip("pip._internal.exceptions")

PLACE = Location("requirements.txt", 1, 1)

TEXTS = [
    "numpy==2.1\npandas\n",
    "numpy==2.1\r\npandas\r\n",
    "numpy==2.1\rpandas",
    "\n\n  numpy==2.1  \n\t# comment\n#\n",
    "numpy # first\npandas#not a comment\nscipy\t# tab\n",
    "numpy \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\npandas\n",
    "numpy \\\n# comment\npandas\n",
    "numpy \\\n\npandas\n",
    "numpy \\ \npandas\n",
    "numpy # a comment \\\npandas\n",
    "numpy\\",
    "# comment \\\nnumpy\n",
    "nu\\\nmpy==2.1",
    "  numpy==2.1 \\\n  ; python_version > '3'\n",
    "numpy\x0bpandas\x0cscipy\x85six\u2028attrs",
    "https://host/pkg.whl#sha256=aa # comment",
    "",
    "\\\n\\\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_lines_are_those_of_pip(text: str) -> None:
    assert [(number, line) for number, _, line in logical_lines(text)] == list(req_file.preprocess(text))


def test_random_lines_are_those_of_pip() -> None:
    rng = random.Random(20)
    for _ in range(2000):
        text = "".join(rng.choices("ab #\\\n\r\t=-'\"", k=rng.randint(0, 40)))
        assert [(number, line) for number, _, line in logical_lines(text)] == list(req_file.preprocess(text)), text


@pytest.mark.parametrize(
    "raw",
    [
        "numpy\n".encode("utf-8-sig"),
        "numpy\n".encode("utf-16"),
        "numpy\n".encode("utf-32"),
        b"\xfe\xff" + "numpy\n".encode("utf-16-be"),
        "# -*- coding: latin-1 -*-\n# é\nnumpy\n".encode("latin-1"),
        "#\n# vim: set fileencoding=cp1252 :\n# €\nnumpy\n".encode("cp1252"),
        "# é\nnumpy\n".encode(),
    ],
)
def test_bytes_are_decoded_as_by_pip(raw: bytes) -> None:
    assert decode_requirements(raw) == req_file._decode_req_file(raw, "requirements.txt")


def test_bytes_that_are_no_text_are_decoded_somehow() -> None:
    assert "numpy" in decode_requirements(b"# coding: no-such-codec\n\xff\xfenumpy")
    assert decode_requirements(b"\xff\xfen") == "�"


LINES = [
    "numpy",
    "numpy==2.1.0",
    "NumPy == 2.1.0",
    "scikit_learn===1.5",
    "ruamel.yaml>=0.17,<1",
    "mlflow<3,>=2.1",
    "requests[security, socks]>=2; python_version >= '3.8' and sys_platform == \"linux\"",
    "numpy;python_version<'3.9'",
    "numpy ; python_version < 3.9",
    "numpy=1.2",
    "numpy==1.2,",
    "numpy==1.*",
    "numpy>=1.*",
    "numpy 1.2",
    "numpy==2.1 scipy",
    "numpy==",
    "==2.1",
    "numpy>==1.2",
    "foo==dev",
    "pytz==2019b",
    "torch==1.9.0+cu102",
    "torch<2.0+cu102",
    "foo!=1!2.0",
    "foo~=1",
    "foo (>=1.2)",
    "foo>=1.2 , <2",
    "foo-",
    "-foo",
    "päckage",
    "numpy==２.1",
    "my pkg",
    "pkg @ https://host/pkg-1.0-py3-none-any.whl",
    "pkg@https://host/pkg-1.0.tar.gz",
    "pkg[extra] @ git+https://github.com/o/r.git@v1.0#subdirectory=x ; python_version > '3'",
    "pkg @ file:///croot/pkg_1/work",
    "pkg @ ./pkg-1.0.tar.gz",
    "pkg @ ",
    "git+https://github.com/o/r.git@v1.0#egg=some_pkg",
    "git+https://github.com/o/r.git",
    "git+ssh://git@github.com/o/r.git@abc#egg=r",
    "https://host/numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
    "https://host/torch-2.0.0%2Bcu118-cp311-cp311-linux_x86_64.whl#sha256=aa",
    "https://host/pkg.tar.gz; python_version > '3'",
    "HTTPS://host/pkg.zip",
    "file:///home/x/pkg-1.0-py3-none-any.whl",
    "./wheels/pkg-1.0-py3-none-any.whl",
    "wheels/My_Pkg-1.0-1-py3-none-any.whl",
    "pkg-1.0-py3-none-any.whl",
    "pkg-1.0-py3-none-any.whl[extra]",
    "pkg-1.0.tar.gz ; python_version > '3'",
    "../pkg-1.0.zip",
    "/abs/pkg-1.0.tar.bz2",
    "~/pkg-1.0.whl",
    "./no-such-folder",
    "no/such/folder",
    ".",
    ".[extra]",
    "C:\\wheels\\pkg-1.0-py3-none-any.whl",
    "C:/wheels/pkg.zip",
    ".\\pkg",
    "wheels\\pkg",
    "x@1.whl",
    "-r other.txt",
    "-rother.txt",
    "--requirement other.txt",
    "--requirement=other.txt",
    "-c constraints.txt",
    "--constraint constraints.txt",
    "-r 'with blank.txt'",
    "-r with blank.txt",
    "-r sub\\other.txt",
    "-r",
    "-e .",
    "-e ./pkg[extra]",
    "--editable=git+https://github.com/o/r.git#egg=r",
    "-e pkg @ git+https://github.com/o/r.git",
    "--index-url https://host/simple",
    "-i https://host/simple",
    "--index-url=https://host/simple --extra-index-url https://other/simple --trusted-host host",
    "--extra-index https://host/simple",
    "--find-links ./wheels",
    "-f https://download.pytorch.org/whl/torch_stable.html",
    "--no-index",
    "--no-index=1",
    "--pre",
    "--pre numpy==2.1",
    "--no-binary :all:",
    "--only-binary=:none:",
    "--trusted-host host",
    "--require-hashes",
    "--use-feature fast-deps",
    "--hash=sha256:aa",
    "--upgrade",
    "--upgrade numpy",
    "-U numpy",
    "--no",
    "--index-url",
    "--index-url 'unclosed",
    "numpy==2.1 --hash=sha256:aa",
    "numpy==2.1 --hash sha256:aa --hash=sha256:bb",
    "numpy==2.1 --config-settings k=v",
    "numpy==2.1 --upgrade",
    "numpy==2.1 --no-deps",
    "numpy==2.1 -r other.txt",
    "./x.whl --hash=sha256:aa",
]


def as_pip_reads(line: str) -> list[tuple[object, ...]]:
    """What pip's own parser makes of a line, in our words."""
    try:
        args, opts = req_file.get_line_parser(None)(line)
    except req_file.OptionParsingError:
        return [("unreadable",)]
    if args.strip():
        return [from_args(args, hashed=bool(opts.hashes))]
    wanted = [("file", name) for name in opts.requirements or ()]
    wanted += [("constraint", name) for name in opts.constraints or ()]
    wanted += [("editable", name) for name in opts.editables or ()]
    urls = [opts.index_url, *(opts.extra_index_urls or ()), *(opts.find_links or ()), *(opts.trusted_hosts or ())]
    return wanted + [("option", url) for url in urls if url]


def from_args(args: str, *, hashed: bool) -> tuple[object, ...]:
    try:
        parts = constructors.parse_req_from_line(args, None)
    except pip_errors.PipError as error:
        path = re.search("looks like a path|not installable|wheel filename", str(error))
        return ("path",) if path else ("unreadable",)
    req = parts.requirement
    name = canonicalize_name(req.name) if req is not None else None
    if parts.link is not None:
        return ("vcs-or-url" if constructors.is_url(args) else "path", name, str(req.specifier) if req else "", hashed)
    marker = str(parts.markers or req.marker or "")
    return ("url" if req.url else "named", name, str(req.specifier), tuple(sorted(req.extras)), marker, hashed)


def as_we_read(line: str) -> list[tuple[object, ...]]:
    unseen = {"--no-binary", "--only-binary", "--use-feature", "--no-index", "--pre", "--require-hashes"}
    return [ours(found) for found in parse_requirements(line, PLACE) if found.option not in unseen]


def ours(found: Requirement) -> tuple[object, ...]:
    if found.kind == "unreadable":
        return ("unreadable",)
    if found.kind in {"file", "constraint", "editable", "option"}:
        return (found.kind, found.target)
    if found.kind in {"vcs-or-url", "path"}:
        # Source archives tell pip their name only when they are built
        named = found.name if found.specifier or "egg=" in found.text else None
        return (found.kind, named, found.specifier, found.hashed)
    return (found.kind, found.name, found.specifier, found.extras, found.marker, found.hashed)


# Paths of Windows: pip under Linux takes them for something else and fails
FOREIGN = {"C:\\wheels\\pkg-1.0-py3-none-any.whl": "pkg", ".\\pkg": None, "wheels\\pkg": None}


@pytest.mark.parametrize("line", LINES)
def test_requirement_is_read_as_by_pip(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    theirs, found = as_pip_reads(line), as_we_read(line)
    if theirs == [("path",)]:
        assert [kind for kind, *_ in found] == ["path"]
    elif line in FOREIGN:
        assert [(kind, name) for kind, name, *_ in found] == [("path", FOREIGN[line])]
    else:
        assert found == theirs


def only(line: str) -> Requirement:
    (requirement,) = parse_requirements(line, PLACE)
    return requirement


@pytest.mark.parametrize(
    ("line", "kind", "target"),
    [
        ("dbfs:/FileStore/pkg-1.0-py3-none-any.whl", "vcs-or-url", "dbfs:/FileStore/pkg-1.0-py3-none-any.whl"),
        ("s3://bucket/pkg-1.0-py3-none-any.whl", "vcs-or-url", "s3://bucket/pkg-1.0-py3-none-any.whl"),
        ("pkg @ file:///croot/x", "url", "file:///croot/x"),
        ("./x.whl[extra]", "path", "./x.whl"),
        ("-c constraints.txt", "constraint", "constraints.txt"),
    ],
)
def test_target(line: str, kind: str, target: str) -> None:
    assert (only(line).kind, only(line).target) == (kind, target)


@pytest.mark.parametrize(
    ("line", "pinned"),
    [
        ("numpy==2.1", "2.1"),
        ("numpy===2.1", "2.1"),
        ("numpy==2.1,>2", "2.1"),
        ("numpy==2.*", None),
        ("numpy>=2.1", None),
        ("numpy~=2.1", None),
        ("numpy", None),
        ("./numpy-2.1-py3-none-any.whl", "2.1"),
        ("-r other.txt", None),
    ],
)
def test_pinned(line: str, pinned: str | None) -> None:
    assert only(line).pinned == pinned
    assert only(line).pinned_version == read_version(pinned)


def test_places_are_those_of_the_first_line() -> None:
    text = "\n# one\n  numpy==1 \\\n    --hash=sha256:aa\n-i https://a/simple --extra-index-url https://b/simple\n"
    places = [(found.location.line, found.location.column) for found in parse_requirements_text("r.txt", text)]
    assert places == [(3, 3), (5, 1), (5, 1)]


def test_item_of_a_pip_list_may_have_several_lines() -> None:
    assert [found.name for found in parse_requirements("numpy==1 # why\n\npandas\n", PLACE)] == ["numpy", "pandas"]
    assert parse_requirements("  # only a comment", PLACE) == ()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("--index-url https://user:pa$$@host/simple", "--index-url https://****@host/simple"),
        ("-i https://token@host/simple", "-i https://****@host/simple"),
        ("pkg @ https://u:p@w@host/x.whl", "pkg @ https://****@host/x.whl"),
        ("git+ssh://git@github.com/o/r.git@v1", "git+ssh://git@github.com/o/r.git@v1"),
        ("git+https://github.com/o/r.git@v1", "git+https://github.com/o/r.git@v1"),
        ("-i https://${USER}:${PASS}@host/simple", "-i https://${USER}:${PASS}@host/simple"),
        ("-i https://me:${PASS}@host/simple", "-i https://****@host/simple"),
        ("https://conda.anaconda.org/t/ab-12-cd/acme", "https://conda.anaconda.org/t/****/acme"),
        ("-f https://a.blob.core.windows.net/w?sv=1&sig=abc%3D", "-f https://a.blob.core.windows.net/w?sv=1&sig=****"),
        ("numpy==1", "numpy==1"),
    ],
)
def test_credentials_are_masked(text: str, masked: str) -> None:
    assert mask_credentials(text) == masked
    assert mask_credentials(masked) == masked


def test_nothing_raises() -> None:
    rng = random.Random(21)
    pieces = [*LINES, *string.punctuation, " ", "\n", "\\\n", "\0", "\x85", "é", "==", "@", "://", "[", "]", ";"]
    for _ in range(3000):
        text = "".join(rng.choices(pieces, k=rng.randint(1, 6)))
        for found in parse_requirements_text("requirements.txt", text):
            assert found.operators is not None
            assert found.pinned_version is None or found.pinned


@pytest.mark.parametrize("value", [None, 3.1, [], {}, "x" * 10_000, "1" * 5_000])
def test_a_version_of_any_value(value: object) -> None:
    assert read_version(value) is None or isinstance(value, str)


@pytest.mark.parametrize(
    "text", ["(" * 5000, "a[" * 5000, "a;" + "(" * 5000, "-" * 5000, "a" * 100_000, "https://" + "@" * 9000]
)
def test_long_lines_are_quick(text: str) -> None:
    assert parse_requirements(text, PLACE)
    assert mask_credentials(text)
