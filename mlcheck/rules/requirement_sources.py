"""Rules about where requirements come from: indexes, URLs, credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mlcheck.environment import read_environment
from mlcheck.finding import Location, Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.requirements import Requirement, mask_credentials
from mlcheck.rules.registry import rule

_PUBLIC_HOSTS = frozenset(
    {
        *("pypi.org", "pypi.python.org", "files.pythonhosted.org", "test.pypi.org", "download.pytorch.org"),
        *("pypi.nvidia.com", "data.pyg.org", "storage.googleapis.com", "pypi.anaconda.org", "repo.radeon.com"),
    }
)
_PRIVATE_HOST = re.compile(
    r"localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|[^.]+$|.*\.(?:local|internal|corp|lan|intranet|home)$"
)


@rule("MLC324", Severity.ERROR, since="0.1.0", reads="environment")
def credentials_in_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds user names, passwords and tokens in the URLs of requirements and conda channels.

    ## Why is this bad?
    Whoever gets the model gets them too, and they stay in the registry and in git. Change them: what was committed
    is known. The messages of mlcheck do not repeat them.

    ## Bad
        --index-url https://ci:s3cret@pypi.acme.example/simple

    ## Good
        --index-url https://${PYPI_USER}:${PYPI_TOKEN}@pypi.acme.example/simple

    ## What to do
    Revoke the credential. Give pip the real one on the machine that builds the environment: pip replaces
    `${VARIABLE}` in a requirements file, and reads `.netrc`, `pip.conf` and `PIP_INDEX_URL`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/5922
    """
    for text, place in _texts(folder):
        masked = mask_credentials(text)
        if masked != text:
            hint = "revoke them; use ${VARIABLES} in the URL, .netrc or pip.conf instead"
            yield Problem(f"credentials in {masked!r}", place, hint, subject=masked)


def _texts(folder: ModelFolder) -> Iterator[tuple[str, Location]]:
    """Yield every environment text with its place, those that stand in two files twice."""
    environment = read_environment(folder)
    seen: set[tuple[str, int | None, str]] = set()
    for line in (
        *(line for group in environment.groups for line in group),
        *environment.build,
        *environment.constraints,
    ):
        key = (line.location.path, line.location.line, line.text)
        if key not in seen:
            seen.add(key)
            yield line.text, line.location
    for spec in environment.conda:
        yield spec.text, spec.location
    channels = folder.conda.get("channels") if folder.conda else None
    for index, channel in enumerate(channels if isinstance(channels, list) else ()):
        if isinstance(channel, str) and folder.conda is not None:
            yield channel, folder.conda.locate("channels", index)


@rule("MLC325", Severity.WARNING, since="0.1.0", reads="environment")
def package_index(folder: ModelFolder) -> Iterator[Problem]:
    """Finds indexes that packages are to be taken from, other than the public ones.

    ## Why is this bad?
    The environment can be built only where that index can be reached; one that can be reached inside of a network
    only (`localhost`, 10.0.0.7, `pypi.corp`) and one without TLS are warnings, others are notes. With
    `--extra-index-url` pip takes the highest version of a name from any index, so that a stranger's package of the
    same name on PyPI wins.

    ## Bad
        --extra-index-url http://10.0.0.7/simple

    ## Good
        --index-url https://pypi.acme.example/simple

    ## What to do
    Make sure that the build machine reaches the index, or ship the wheels with the model.

    ## Based on
    https://github.com/mlflow/mlflow/issues/22881, https://github.com/mlflow/mlflow/issues/12411
    """
    lines = read_environment(folder).lines
    trusted = {line.target.partition(":")[0] for line in lines if line.option == "--trusted-host"}
    for line in lines:
        if line.option == "--trusted-host":
            message = f"pip does not check the certificate of {line.target!r}"
            yield Problem(message, line.location, "give the index a certificate and drop the line", subject=line.target)
        elif line.option in {"--index-url", "--extra-index-url", "--find-links"} and "://" in line.target:
            yield from _judge_index(line, trusted)


def _judge_index(line: Requirement, trusted: set[str]) -> Iterator[Problem]:
    host, scheme = _host(line.target)
    if not host or host in _PUBLIC_HOSTS or "$" in host:
        return
    hint = "make sure that it can be reached wherever the environment is built"
    if _PRIVATE_HOST.match(host):
        message = f"packages come from {host!r}, which can be reached inside of one network only"
        yield Problem(message, line.location, hint, subject=host)
    elif scheme == "http" and host not in trusted:
        message = f"pip does not use {host!r} over plain http"
        yield Problem(message, line.location, "use https", subject=host)
    else:
        message = f"packages come from {host!r}"
        yield Problem(message, line.location, hint, subject=host, severity=Severity.NOTE)


def _host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.scheme.lower()
    except ValueError:
        return "", ""


_KNOWN_SCHEME = re.compile(r"https?:|ftp:|file:|(?:git|hg|svn|bzr)(?:\+|:)|ssh:|sftp:", re.IGNORECASE)
_VCS = re.compile(r"(?:git|hg|svn|bzr)(?:\+|:)", re.IGNORECASE)
_COMMIT = re.compile(r"@[0-9a-f]{7,64}$")
_RELEASE = re.compile(r"@v?\d+(?:\.\d+)+\S*$")


@rule("MLC326", Severity.ERROR, since="0.1.0", reads="environment")
def url_requirement(folder: ModelFolder) -> Iterator[Problem]:
    """Finds packages that are taken from a URL: version control, storage, a download.

    ## Why is this bad?
    The environment can be built only where the URL can be reached, and what is there may change: a branch, or no
    reference at all, is a warning, and so are plain http and ssh, which needs a key. pip has no support for `s3:`,
    `gs:`, `dbfs:` and the like: they are errors. All others are notes.

    ## Bad
        features @ git+ssh://git@github.com/acme/features.git@main
        dbfs:/FileStore/wheels/features-1.2-py3-none-any.whl

    ## Good
        features @ git+https://github.com/acme/features.git@3f786850e387550fdab836ed7e6dc881de23001b

    ## What to do
    Name a commit, or better publish the package to an index, or ship the wheel with the model.

    ## Based on
    pip's documentation of VCS support; https://github.com/mlflow/mlflow/issues/3425
    """
    environment = read_environment(folder)
    for line in (*environment.lines, *environment.constraints):
        url = line.target if line.kind in {"url", "vcs-or-url"} else ""
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", url) and not re.match(r"(?:\w+\+)?file:", url, re.IGNORECASE):
            what, hint, severity = _judge_url(url)
            message = f"{mask_credentials(url)!r} {what}"
            subject = line.name or mask_credentials(url)
            yield Problem(message, line.location, hint, subject=subject, severity=severity)


def _judge_url(url: str) -> tuple[str, str, Severity | None]:
    bare = url.partition("#")[0].partition(" ")[0]
    if not _KNOWN_SCHEME.match(url):
        scheme = url.partition(":")[0]
        return f"cannot be installed: pip has no support for {scheme!r}", "ship the wheel with the model", None
    if re.match(r"(?:\w+\+)?ssh:|git\+git@", url, re.IGNORECASE):
        return "needs an ssh key wherever the environment is built", "use https", Severity.WARNING
    if re.match(r"(?:\w+\+)?http:", url, re.IGNORECASE):
        return "is fetched without encryption", "use https", Severity.WARNING
    if _VCS.match(url) and not _COMMIT.search(bare) and not _RELEASE.search(bare):
        what = "names no commit: what is installed changes with the repository"
        return what, "end the URL with @ and a commit", Severity.WARNING
    return "has to be reached wherever the environment is built", "publish it to an index", Severity.NOTE
