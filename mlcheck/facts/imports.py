"""Which distributions bring an imported module, and which modules Python itself brings."""

from __future__ import annotations

import sys
from functools import lru_cache

# Only modules whose distribution has another name: `numpy` is in `numpy`, `typing_extensions` in
# `typing-extensions`. Several names: any one of them brings the module.
_DISTRIBUTIONS: dict[str, str] = {
    "Bio": "biopython",
    "Crypto": "pycryptodome pycrypto",
    "Cryptodome": "pycryptodomex",
    "Levenshtein": "levenshtein python-levenshtein",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow pillow-simd",
    "Xlib": "python-xlib",
    "_yaml": "pyyaml",
    "absl": "absl-py",
    "apiclient": "google-api-python-client",
    "attr": "attrs",
    "autogluon": "autogluon autogluon-tabular autogluon-core autogluon-timeseries autogluon-multimodal",
    "azureml": "azureml-core azureml-sdk azureml-mlflow azureml-inference-server-http azureml-defaults",
    "bayes_opt": "bayesian-optimization",
    "bs4": "beautifulsoup4",
    "cassandra": "cassandra-driver",
    "community": "python-louvain",
    "cpuinfo": "py-cpuinfo",
    "cuda": "cuda-python",
    "cudf": "cudf-cu11 cudf-cu12 cudf-cu13",
    "cuml": "cuml-cu11 cuml-cu12 cuml-cu13",
    "cupy": "cupy cupy-cuda11x cupy-cuda12x cupy-cuda13x cupy-cuda102 cupy-cuda110 cupy-cuda111",
    "cv2": "opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless",
    "dateutil": "python-dateutil",
    "delta": "delta-spark",
    "discord": "discord-py",
    "dns": "dnspython",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "dspy": "dspy dspy-ai",
    "elasticsearch_dsl": "elasticsearch-dsl elasticsearch",
    "elftools": "pyelftools",
    "faiss": "faiss-cpu faiss-gpu faiss-gpu-cu11 faiss-gpu-cu12 faiss",
    "fasttext": "fasttext fasttext-wheel",
    "ffmpeg": "ffmpeg-python",
    "fitz": "pymupdf",
    "gi": "pygobject",
    "git": "gitpython",
    "github": "pygithub",
    "googleapiclient": "google-api-python-client",
    "grpc": "grpcio",
    "grpc_health": "grpcio-health-checking",
    "grpc_status": "grpcio-status",
    "grpc_tools": "grpcio-tools",
    "haystack": "haystack-ai farm-haystack",
    "hydra": "hydra-core",
    "ignite": "pytorch-ignite",
    "imblearn": "imbalanced-learn",
    "interpret": "interpret interpret-core",
    "jose": "python-jose",
    "jpype": "jpype1",
    "jwt": "pyjwt",
    "kafka": "kafka-python kafka-python-ng",
    "llama_cpp": "llama-cpp-python",
    "llama_index": "llama-index llama-index-core",
    "magic": "python-magic python-magic-bin",
    "markdown_it": "markdown-it-py",
    "memcache": "python-memcached",
    "mpl_toolkits": "matplotlib basemap",
    "msgpack": "msgpack msgpack-python",
    "multipart": "python-multipart multipart",
    "mxnet": "mxnet mxnet-mkl mxnet-cu112 mxnet-cu110 mxnet-cu102 mxnet-cu101",
    "mysql": "mysql-connector-python mysql-connector",
    "nacl": "pynacl",
    "nats": "nats-py",
    "neo4j": "neo4j neo4j-driver",
    "nmslib": "nmslib nmslib-metabrainz",
    "nvidia": "nvidia-cuda-runtime-cu11 nvidia-cuda-runtime-cu12 nvidia-cublas-cu12 nvidia-nccl-cu12",
    "onnxruntime": "onnxruntime onnxruntime-gpu onnxruntime-directml onnxruntime-openvino onnxruntime-training",
    "openbabel": "openbabel openbabel-wheel",
    "opensearchpy": "opensearch-py",
    "osgeo": "gdal",
    "paddle": "paddlepaddle paddlepaddle-gpu",
    "paho": "paho-mqtt",
    "pkg_resources": "setuptools",
    "pl_bolts": "lightning-bolts pytorch-lightning-bolts",
    "psycopg": "psycopg psycopg-binary",
    "psycopg2": "psycopg2 psycopg2-binary",
    "py4j": "py4j pyspark databricks-connect",
    "pyspark": "pyspark databricks-connect pyspark-client pyspark-connect",
    "pythoncom": "pywin32",
    "pytorch_lightning": "pytorch-lightning lightning",
    "pywintypes": "pywin32",
    "rest_framework": "djangorestframework",
    "ruamel": "ruamel-yaml ruamel-yaml-clib",
    "scikitplot": "scikit-plot scikitplot",
    "serial": "pyserial",
    "skbio": "scikit-bio",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "sklearnex": "scikit-learn-intelex",
    "daal4py": "daal4py scikit-learn-intelex",
    "skmultilearn": "scikit-multilearn",
    "skopt": "scikit-optimize",
    "sksurv": "scikit-survival",
    "skactiveml": "scikit-activeml",
    "skfuzzy": "scikit-fuzzy",
    "sktime": "sktime sktime-all-extras",
    "slugify": "python-slugify",
    "snappy": "python-snappy",
    "socketio": "python-socketio",
    "engineio": "python-engineio",
    "socks": "pysocks",
    "sparknlp": "spark-nlp",
    "speech_recognition": "speechrecognition",
    "stdnum": "python-stdnum",
    "surprise": "scikit-surprise",
    "synapse": "synapseml",
    "talib": "ta-lib",
    "telegram": "python-telegram-bot",
    "tensorflow": "tensorflow tensorflow-cpu tensorflow-gpu tensorflow-intel tensorflow-macos tf-nightly "
    "intel-tensorflow tensorflow-rocm tensorflow-cpu-aws",
    "tensorflow_datasets": "tensorflow-datasets tfds-nightly",
    "tensorboard": "tensorboard tb-nightly",
    "tlz": "toolz cytoolz",
    "turbojpeg": "pyturbojpeg",
    "umap": "umap-learn",
    "usb": "pyusb",
    "websocket": "websocket-client",
    "win32api": "pywin32",
    "win32con": "pywin32",
    "win32com": "pywin32",
    "wx": "wxpython",
    "xgboost": "xgboost xgboost-cpu",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}

# Namespaces that many distributions share, by dotted name: distributions with one of these beginnings may
# bring the module. The longest name that fits counts.
_NAMESPACES: dict[str, str] = {
    "autogluon": "autogluon",
    "azure": "azure-",
    "azureml": "azureml- azure-ai-ml",
    "backports": "backports-",
    "cudf": "cudf",
    "cuml": "cuml",
    "cupy": "cupy",
    "databricks": "databricks-",
    "databricks.connect": "databricks-connect",
    "databricks.feature_engineering": "databricks-feature-engineering",
    "databricks.feature_store": "databricks-feature-store databricks-feature-engineering",
    "databricks.koalas": "koalas",
    "databricks.sdk": "databricks-sdk",
    "databricks.sql": "databricks-sql-connector",
    "google": "google- googleapis-",
    "google.auth": "google-auth",
    "google.cloud": "google-cloud-",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "haystack": "haystack farm-haystack",
    "ibm": "ibm-",
    "jaraco": "jaraco-",
    "kedro": "kedro",
    "lightning": "lightning",
    "llama_index": "llama-index",
    "mpl_toolkits": "matplotlib basemap",
    "mxnet": "mxnet",
    "nvidia": "nvidia-",
    "opentelemetry": "opentelemetry-",
    "ruamel": "ruamel-",
    "sagemaker": "sagemaker",
    "snowflake": "snowflake-",
    "sphinxcontrib": "sphinxcontrib-",
    "zope": "zope-",
}

# Modules of the standard library that a Python release removed: the last release that has them, and the
# distribution that brings them since.
_REMOVED_FROM_PYTHON: dict[str, tuple[tuple[int, int], str]] = {
    "aifc": ((3, 12), "standard-aifc"),
    "asynchat": ((3, 11), "standard-asynchat"),
    "asyncore": ((3, 11), "standard-asyncore"),
    "audioop": ((3, 12), "audioop-lts"),
    "binhex": ((3, 10), ""),
    "cgi": ((3, 12), "legacy-cgi"),
    "cgitb": ((3, 12), "legacy-cgi"),
    "chunk": ((3, 12), "standard-chunk"),
    "crypt": ((3, 12), "legacycrypt"),
    "distutils": ((3, 11), "setuptools"),
    "dummy_threading": ((3, 8), ""),
    "formatter": ((3, 9), ""),
    "imghdr": ((3, 12), "standard-imghdr"),
    "imp": ((3, 11), ""),
    "lib2to3": ((3, 12), ""),
    "macpath": ((3, 7), ""),
    "mailcap": ((3, 12), "standard-mailcap"),
    "msilib": ((3, 12), ""),
    "nis": ((3, 12), ""),
    "nntplib": ((3, 12), "standard-nntplib"),
    "ossaudiodev": ((3, 12), ""),
    "parser": ((3, 9), ""),
    "pipes": ((3, 12), "standard-pipes"),
    "smtpd": ((3, 11), "standard-smtpd"),
    "sndhdr": ((3, 12), "standard-sndhdr"),
    "spwd": ((3, 12), ""),
    "sunau": ((3, 12), "standard-sunau"),
    "symbol": ((3, 9), ""),
    "telnetlib": ((3, 12), "standard-telnetlib"),
    "uu": ((3, 12), "standard-uu"),
    "xdrlib": ((3, 12), "standard-xdrlib"),
}

# Modules that the Python running mlcheck may be too old to know.
_NEWER_MODULES = frozenset({"_colorize", "_pyrepl"})
_ADDED_TO_PYTHON = {
    "annotationlib": (3, 14),
    "compression": (3, 14),
    "graphlib": (3, 9),
    "tomllib": (3, 11),
    "zoneinfo": (3, 9),
}


@lru_cache(maxsize=4096)
def distributions_of(module: str) -> tuple[str, ...]:
    """Return the canonical names of the distributions that bring a module; any one of them will do.

    module: an imported name, dotted or not. Where nothing special is known it is the module's own name.
    """
    parts = module.split(".")
    top = parts[0]
    if top in _REMOVED_FROM_PYTHON:
        return tuple(_REMOVED_FROM_PYTHON[top][1].split())
    if top in _DISTRIBUTIONS:
        return tuple(_DISTRIBUTIONS[top].split())
    beginnings = _namespace(module)
    exact = [name for name in beginnings if not name.endswith("-")]
    named = "-".join(parts[:3] if beginnings else parts[:1])
    return tuple(exact) or (named.lower().replace("_", "-"),)


def brings_module(distribution: str, module: str) -> bool:
    """Return whether a distribution (canonical name) may bring a module, as far as is known."""
    beginnings = _namespace(module)
    return distribution in distributions_of(module) or distribution.startswith(beginnings or ("\0",))


@lru_cache(maxsize=1024)
def bringing(distributions: frozenset[str], module: str) -> tuple[str, ...]:
    """Return those of some distributions (canonical names) that may bring a module, in order."""
    return tuple(sorted(name for name in distributions if brings_module(name, module)))


@lru_cache(maxsize=4096)
def _namespace(module: str) -> tuple[str, ...]:
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        found = _NAMESPACES.get(".".join(parts[:length]))
        if found:
            return tuple(found.split())
    return ()


def is_stdlib(module: str, python: tuple[int, int] | None = None) -> bool:
    """Return whether a Python release, or any release if None is given, brings a module by itself."""
    top = module.partition(".")[0]
    if top in _REMOVED_FROM_PYTHON:
        return python is None or python <= _REMOVED_FROM_PYTHON[top][0]
    if top in _ADDED_TO_PYTHON:
        return python is None or python >= _ADDED_TO_PYTHON[top]
    return top in sys.stdlib_module_names or top in _NEWER_MODULES


def added_to_python(module: str) -> tuple[int, int] | None:
    """Return the first Python release with a module, as far as it is of 3.9 or later; None for all others."""
    return _ADDED_TO_PYTHON.get(module.partition(".")[0])


def removed_from_python(module: str) -> tuple[int, int] | None:
    """Return the last Python release with a module that the standard library lost; None for all others."""
    known = _REMOVED_FROM_PYTHON.get(module.partition(".")[0])
    return known[0] if known else None
