"""What is known about names in requirements: wrong ones, ones that do not belong there, conda's own names."""

from __future__ import annotations

from typing import Literal

from mlcheck.records import record

# "missing": the index has nothing of that name to install. "refuses": a stub whose installation fails and names
# the right one. "stub": a stub that installs the right one. "other": another project of that name.
# "backport": a copy of a standard module for old Pythons, which hides or breaks the real one.
WrongKind = Literal["missing", "refuses", "stub", "other", "backport"]


@record(frozen=True, slots=True)
class WrongName:
    """A name that people write in requirements by mistake; `right` "" = leave the line out."""

    right: str
    kind: WrongKind


_WRONG: dict[str, tuple[str, WrongKind]] = {
    "cv2": ("opencv-python-headless", "missing"),
    "opencv": ("opencv-python-headless", "missing"),
    "yaml": ("pyyaml", "missing"),
    "dateutil": ("python-dateutil", "missing"),
    "faiss": ("faiss-cpu", "missing"),
    "umap": ("umap-learn", "missing"),
    "pil": ("pillow", "missing"),
    "pkg-resources": ("", "missing"),  # `pip freeze` of Debian and Ubuntu makes up pkg-resources==0.0.0
    "sklearn": ("scikit-learn", "refuses"),
    "skimage": ("scikit-image", "refuses"),
    "pytorch": ("torch", "refuses"),
    "azure": ("azure-identity, azure-storage-blob or whichever part is used", "refuses"),
    "bs4": ("beautifulsoup4", "stub"),
    "imblearn": ("imbalanced-learn", "stub"),
    "dotenv": ("python-dotenv", "stub"),
    "attr": ("attrs", "other"),
    "jwt": ("pyjwt", "other"),
    "serial": ("pyserial", "other"),
    "crypto": ("pycryptodome", "other"),
    "fitz": ("pymupdf", "other"),
    "docx": ("python-docx", "other"),
    "beautifulsoup": ("beautifulsoup4", "other"),
    "asyncio": ("", "backport"),
    "enum34": ("", "backport"),
    "typing": ("", "backport"),
    "pathlib": ("", "backport"),
    "futures": ("", "backport"),
    "argparse": ("", "backport"),
    "uuid": ("", "backport"),
    "multiprocessing": ("", "backport"),
}

# What develops, tests or shows a model, and is of no use where it only predicts.
DEVELOPMENT = frozenset(
    {
        *("pytest", "pytest-cov", "pytest-mock", "pytest-xdist", "pytest-asyncio", "coverage", "tox", "nox"),
        *("black", "flake8", "isort", "mypy", "pylint", "ruff", "autopep8", "yapf", "pre-commit", "pydocstyle"),
        *("bandit", "pyright", "types-pyyaml", "types-requests", "pandas-stubs", "codecov", "pep8"),
        *("ipython", "ipykernel", "ipywidgets", "notebook", "nbconvert", "nbformat", "nbclient", "ipdb"),
        *("jupyter", "jupyter-client", "jupyter-console", "jupyter-core", "jupyter-server", "jupyterlab"),
        *("jupyterlab-pygments", "jupyterlab-widgets", "jupyterlab-server", "jupyter-contrib-nbextensions"),
        *("jupyter-lsp", "jupyter-events", "jupyter-server-terminals", "jupytext", "qtconsole", "papermill"),
        *("sphinx", "mkdocs", "mkdocs-material", "twine", "build", "bump2version", "bumpversion"),
        *("pip-tools", "pipdeptree", "pipreqs", "virtualenv", "poetry", "pipenv", "hatch", "flit"),
        *("line-profiler", "memory-profiler", "snakeviz", "jupyter-dash", "nb-conda", "nb-conda-kernels"),
    }
)

# Distributions that only one platform can install: what it is, and what to write for the others.
PLATFORM_ONLY: dict[str, tuple[str, str]] = {
    "tensorflow-macos": ("macOS", "tensorflow"),
    "tensorflow-metal": ("macOS", ""),
    "tensorflow-intel": ("Windows", "tensorflow"),
    "tensorflow-directml-plugin": ("Windows", ""),
    "torch-directml": ("Windows", "torch"),
    "onnxruntime-directml": ("Windows", "onnxruntime"),
    "onnxruntime-silicon": ("macOS", "onnxruntime"),
    "appnope": ("macOS", ""),
    "pyobjc": ("macOS", ""),
    "pyobjc-core": ("macOS", ""),
    "pywin32": ("Windows", ""),
    "pypiwin32": ("Windows", ""),
    "pywinpty": ("Windows", ""),
    "pywin32-ctypes": ("Windows", ""),
    "pyreadline3": ("Windows", ""),
    "win-unicode-console": ("Windows", ""),
    "wincertstore": ("Windows", ""),
    "win-inet-pton": ("Windows", ""),
    "wmi": ("Windows", ""),
    "python-magic-bin": ("Windows or macOS", "python-magic"),
}

# conda packages of Windows or macOS, which `conda env export` writes down there.
CONDA_PLATFORM_ONLY: dict[str, str] = {
    **dict.fromkeys(("vc", "vc14_runtime", "vs2015_runtime", "vcomp14", "ucrt", "msys2-conda-epoch"), "Windows"),
    **dict.fromkeys(("pywin32", "pywinpty", "winpty", "wincertstore", "win_inet_pton"), "Windows"),
    **dict.fromkeys(("m2w64-gcc-libs", "m2w64-gcc-libs-core", "m2w64-gmp", "m2w64-libwinpthread-git"), "Windows"),
    **dict.fromkeys(("appnope", "python.app", "pyobjc-core", "tensorflow-macos"), "macOS"),
}

# conda packages whose name differs from the distribution on PyPI.
_CONDA: dict[str, str] = {
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
    "py-xgboost": "xgboost",
    "py-xgboost-cpu": "xgboost",
    "py-xgboost-gpu": "xgboost",
    "tensorflow-base": "tensorflow",
    "matplotlib-base": "matplotlib",
    "numpy-base": "numpy",
    "seaborn-base": "seaborn",
    "dask-core": "dask",
    "opencv": "opencv-python",
    "py-opencv": "opencv-python",
    "libopencv": "opencv-python",
    "pytables": "tables",
    "msgpack-python": "msgpack",
    "pyarrow-core": "pyarrow",
    "faiss": "faiss-cpu",
    "python-graphviz": "graphviz",
    "spacy-model-en-core-web-sm": "en-core-web-sm",
    "spacy-model-en-core-web-md": "en-core-web-md",
    "spacy-model-en-core-web-lg": "en-core-web-lg",
    "snappy": "python-snappy",
    "geopandas-base": "geopandas",
    "pymc-base": "pymc",
    "google-cloud-storage-core": "google-cloud-storage",
}


def wrong_name(distribution: str) -> WrongName | None:
    """Return what is wrong with a name in requirements (canonical form); None if nothing is known."""
    known = _WRONG.get(distribution)
    return WrongName(*known) if known else None


def pip_name(conda_package: str) -> str:
    """Return the canonical distribution name of a conda package (lower case, hyphens)."""
    name = conda_package.lower().replace("_", "-").replace(".", "-")
    return _CONDA.get(name, name)


def pypi_equivalent(conda_package: str) -> str | None:
    """Return the distribution on PyPI that holds what a conda package holds; `None` where none is known to."""
    name = pip_name(conda_package)
    return name if name in _SAME_ON_PYPI or conda_package.lower() in _CONDA else None


# conda packages of Python libraries that models use, which are on PyPI under the same name.
_SAME_ON_PYPI = frozenset(
    {
        *("numpy", "scipy", "pandas", "scikit-learn", "scikit-image", "statsmodels", "joblib", "cloudpickle", "dill"),
        *(
            "mlflow",
            "mlflow-skinny",
            "xgboost",
            "lightgbm",
            "catboost",
            "shap",
            "imbalanced-learn",
            "category-encoders",
        ),
        *("tensorflow", "tensorflow-cpu", "keras", "torch", "torchvision", "torchaudio", "transformers", "tokenizers"),
        *("datasets", "sentence-transformers", "accelerate", "safetensors", "huggingface-hub", "pytorch-lightning"),
        *("lightning", "onnx", "onnxruntime", "skl2onnx", "spacy", "gensim", "nltk", "textblob", "sentencepiece"),
        *("pyarrow", "polars", "dask", "fastparquet", "openpyxl", "xlrd", "sqlalchemy", "psycopg2", "pymysql"),
        *("matplotlib", "seaborn", "plotly", "pillow", "imageio", "networkx", "sympy", "numba", "llvmlite", "cython"),
        *("requests", "pyyaml", "tqdm", "click", "flask", "fastapi", "pydantic", "jinja2", "protobuf", "grpcio"),
        *("boto3", "botocore", "s3fs", "fsspec", "gcsfs", "adlfs", "azure-storage-blob", "google-cloud-storage"),
        *("hyperopt", "optuna", "prophet", "pmdarima", "lifelines", "geopandas", "shapely", "pyproj", "rasterio"),
        *("python-dateutil", "pytz", "six", "typing-extensions", "packaging", "regex", "unidecode", "emoji", "h5py"),
        *("pyspark", "delta-spark", "patsy", "threadpoolctl", "attrs", "toolz", "cachetools", "psutil", "lz4"),
    }
)
