"""The table of MLflow flavors: life, path keys, version keys and what each loader needs.

Read from MLflow 1.30 to 3.17 (`mlflow/<flavor>/__init__.py`: `save_model`, `_load_pyfunc`, `load_model`);
adding a flavor is adding one entry here.
"""

from __future__ import annotations

from typing import Literal

from mlcheck.records import record

# "prefix": several files begin with the value (paddle writes model.pdmodel and model.pdiparams for `model`)
Kind = Literal["file", "directory", "any", "prefix"]


@record(frozen=True, slots=True)
class PathKey:
    """A key of a flavor whose value names a file or a directory; `default` is the name MLflow gives it."""

    key: str
    kind: Kind
    default: str = ""


@record(frozen=True, slots=True)
class Flavor:
    """One MLflow flavor.

    since, until: first and last MLflow minor release that can load it (`until` "" = still there).
    loader: the `loader_module` of its python_function flavor, "" if it has none.
    versions: (key, distributions whose version the key records).
    needs: distributions that loading it as python_function needs; in each tuple any one will do.
    data: the keys of python_function of which the loader needs one.
    alone: MLflow may itself write it without python_function (an estimator without `predict`, for instance).
    """

    name: str
    since: str
    until: str
    loader: str
    paths: tuple[PathKey, ...] = ()
    versions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    data: tuple[str, ...] = ("data",)
    alone: bool = False


TORCH = ("torch", "torch-cpu", "pytorch", "pytorch-cpu", "pytorch-gpu")
TENSORFLOW = (
    *("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos"),
    *("tensorflow-rocm", "tensorflow-cpu-aws", "intel-tensorflow", "tf-nightly", "tensorflow-base"),
)
SKLEARN = ("scikit-learn", "scikit-learn-intelex")
XGBOOST = ("xgboost", "xgboost-cpu", "py-xgboost", "py-xgboost-cpu", "py-xgboost-gpu")
PYSPARK = ("pyspark", "databricks-connect", "pyspark-client", "pyspark-connect")
ONNXRUNTIME = (
    *("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"),
    *("onnxruntime-training", "onnxruntime-silicon", "ort-nightly"),
)
PADDLE = ("paddlepaddle", "paddlepaddle-gpu", "paddlepaddle-xpu")
LANGCHAIN = ("langchain", "langchain-core", "langchain-community", "langchain-classic", "langgraph")
LLAMA_INDEX = ("llama-index", "llama-index-core", "llama-index-workflows")
MXNET = ("mxnet", "mxnet-mkl", "mxnet-cu112", "mxnet-cu110", "mxnet-cu102", "mxnet-cu101")


def _file(key: str, default: str) -> PathKey:
    return PathKey(key, "file", default)


def _directory(key: str, default: str) -> PathKey:
    return PathKey(key, "directory", default)


_FLAVORS: tuple[Flavor, ...] = (
    Flavor(
        *("sklearn", "1.0", "", "mlflow.sklearn"),
        paths=(_file("pickled_model", "model.pkl"),),
        versions=(("sklearn_version", ("scikit-learn",)),),
        needs=(SKLEARN,),
        data=("model_path", "data"),
        alone=True,
    ),
    Flavor(
        *("xgboost", "1.8", "", "mlflow.xgboost"),
        paths=(_file("data", "model.xgb"),),
        versions=(("xgb_version", ("xgboost", "xgboost-cpu")),),
        needs=(XGBOOST,),
    ),
    Flavor(
        *("lightgbm", "1.8", "", "mlflow.lightgbm"),
        paths=(_file("data", "model.lgb"),),
        versions=(("lgb_version", ("lightgbm",)),),
        needs=(("lightgbm",),),
    ),
    Flavor(
        *("catboost", "1.16", "", "mlflow.catboost"),
        paths=(_file("data", "model.cb"),),
        versions=(("catboost_version", ("catboost",)),),
        needs=(("catboost",),),
    ),
    Flavor(
        *("tensorflow", "1.0", "", "mlflow.tensorflow"),
        paths=(_directory("saved_model_dir", "tf2model"), PathKey("data", "any", "data")),
        needs=(TENSORFLOW,),
        data=(),
    ),
    Flavor(
        *("keras", "1.0", "", "mlflow.keras"),
        paths=(PathKey("data", "any", "data"),),
        needs=(("keras", *TENSORFLOW),),
        data=(),
    ),
    Flavor(
        *("pytorch", "1.0", "", "mlflow.pytorch"),
        paths=(PathKey("model_data", "any", "data"),),
        versions=(("pytorch_version", ("torch",)),),
        needs=(TORCH,),
        alone=True,
    ),
    Flavor(
        *("onnx", "1.0", "", "mlflow.onnx"),
        paths=(_file("data", "model.onnx"),),
        versions=(("onnx_version", ("onnx",)),),
        needs=(("onnx",), ONNXRUNTIME),
    ),
    Flavor(
        *("spark", "1.0", "", "mlflow.spark"),
        paths=(_directory("model_data", "sparkml"),),
        versions=(("pyspark_version", ("pyspark",)),),
        needs=(PYSPARK,),
        alone=True,
    ),
    Flavor(
        *("h2o", "1.0", "", "mlflow.h2o"),
        paths=(_directory("data", "model.h2o"),),
        versions=(("h2o_version", ("h2o",)),),
        needs=(("h2o",),),
    ),
    Flavor(
        *("spacy", "1.8", "", "mlflow.spacy"),
        paths=(_directory("data", "model.spacy"),),
        versions=(("spacy_version", ("spacy",)),),
        needs=(("spacy",),),
        alone=True,
    ),
    Flavor(
        *("statsmodels", "1.13", "", "mlflow.statsmodels"),
        paths=(_file("data", "model.statsmodels"),),
        versions=(("statsmodels_version", ("statsmodels",)),),
        needs=(("statsmodels",),),
    ),
    Flavor(
        *("prophet", "1.21", "", "mlflow.prophet"),
        paths=(_file("data", "model.pr"),),
        versions=(("prophet_version", ("prophet", "fbprophet")),),
        needs=(("prophet", "fbprophet"),),
    ),
    Flavor(
        *("pmdarima", "1.24", "", "mlflow.pmdarima"),
        paths=(_file("data", "model.pmd"),),
        versions=(("pmdarima_version", ("pmdarima",)),),
        needs=(("pmdarima",),),
    ),
    Flavor(
        *("paddle", "1.18", "", "mlflow.paddle"),
        paths=(PathKey("pickled_model", "prefix", "model"),),
        versions=(("paddle_version", PADDLE),),
        needs=(PADDLE,),
        data=(),
    ),
    Flavor(
        *("shap", "1.14", "", "mlflow.shap"),
        paths=(_file("serialized_explainer", "explainer.shap"),),
        versions=(("shap_version", ("shap",)),),
        needs=(("shap",),),
        data=(),
    ),
    Flavor(
        *("transformers", "2.3", "", "mlflow.transformers"),
        paths=(_directory("model_binary", "model"), _directory("peft_adaptor", "peft")),
        versions=(("transformers_version", ("transformers",)),),
        needs=(("transformers",),),
        data=(),
        alone=True,
    ),
    Flavor(
        *("sentence_transformers", "2.4", "", "mlflow.sentence_transformers"),
        versions=(("sentence_transformers_version", ("sentence-transformers",)),),
        needs=(("sentence-transformers",),),
    ),
    Flavor(
        *("openai", "2.3", "", "mlflow.openai"),
        paths=(_file("data", "model.yaml"),),
        versions=(("openai_version", ("openai",)),),
        needs=(("openai",),),
    ),
    Flavor(
        *("langchain", "2.3", "", "mlflow.langchain"),
        paths=(
            PathKey("model_data", "any", "model.yaml"),
            _file("agent_data", "agent.yaml"),
            _file("tools_data", "tools.pkl"),
            _file("agent_primitive_data", "agent_primitive_args.json"),
            _file("loader_fn", "loader_fn.pkl"),
            _directory("persist_dir", "persist_dir_data"),
        ),
        versions=(("langchain_version", ("langchain",)),),
        needs=(LANGCHAIN,),
        data=(),
    ),
    Flavor(
        *("llama_index", "2.15", "", "mlflow.llama_index"),
        versions=(("llama_index_version", ("llama-index-core",)),),
        needs=(LLAMA_INDEX,),
        data=(),
    ),
    Flavor(
        *("dspy", "2.18", "", "mlflow.dspy"),
        paths=(PathKey("model_path", "any", "data/model.pkl"),),
        needs=(("dspy", "dspy-ai"),),
        data=(),
    ),
    Flavor(
        *("diffusers", "3.12", "", "mlflow.diffusers"),
        paths=(_directory("adapter_weights", "adapter_weights"),),
        versions=(("diffusers_version", ("diffusers",)),),
        needs=(("diffusers",), ("peft",)),
        data=(),
    ),
    Flavor(
        *("johnsnowlabs", "2.4", "", "mlflow.johnsnowlabs"),
        paths=(_directory("model_data", "jsl-model"),),
        versions=(("pyspark_version", ("pyspark",)),),
        needs=(("johnsnowlabs", "spark-nlp"),),
    ),
    Flavor("crate", "1.0", "", "", paths=(_file("model", "crate.bin"),), data=(), alone=True),
    Flavor(
        *("mleap", "1.0", "2.22", ""),
        paths=(_directory("model_data", "mleap/model"),),
        versions=(("mleap_version", ("mleap",)),),
        data=(),
        alone=True,
    ),
    Flavor(
        *("fastai", "1.10", "2.22", "mlflow.fastai"),
        paths=(_file("data", "model.fastai"),),
        versions=(("fastai_version", ("fastai",)),),
        needs=(("fastai",),),
    ),
    Flavor(
        *("gluon", "1.8", "2.19", "mlflow.gluon"),
        versions=(("mxnet_version", MXNET),),
        needs=(MXNET,),
        data=(),
    ),
    Flavor(
        *("diviner", "1.25", "3.6", "mlflow.diviner"),
        paths=(PathKey("data", "any", "model.div"),),
        versions=(("diviner_version", ("diviner",)),),
        needs=(("diviner",),),
        data=(),
    ),
    Flavor(
        *("promptflow", "2.11", "3.6", "mlflow.promptflow"),
        paths=(_file("entry", "flow/flow.dag.yaml"),),
        versions=(("version", ("promptflow",)),),
        needs=(("promptflow", "promptflow-core", "promptflow-devkit"),),
        data=(),
    ),
)
FLAVORS: dict[str, Flavor] = {flavor.name: flavor for flavor in _FLAVORS}
