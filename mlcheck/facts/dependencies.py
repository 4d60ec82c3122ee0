"""Which distributions well-known ones bring along, so that an import of theirs is not called undeclared.

Generous on purpose: the union over the releases of recent years, optional platform markers included. From the
metadata of MLflow 1.30 to 3.17, scikit-learn 1.9, pandas 3.1, xgboost 3, lightgbm 4.7, statsmodels 0.14 and others
as installed, the rest from their published requirements.
"""

from __future__ import annotations

from functools import cache

# distribution → the distributions it requires directly (canonical names)
_DIRECT: dict[str, str] = {
    "accelerate": "numpy packaging psutil pyyaml torch huggingface-hub safetensors",
    "aiohttp": "aiohappyeyeballs aiosignal async-timeout attrs frozenlist multidict propcache yarl charset-normalizer",
    "alembic": "mako sqlalchemy typing-extensions",
    "anyio": "idna sniffio exceptiongroup typing-extensions",
    "arviz": "numpy scipy matplotlib pandas xarray packaging netcdf4 h5netcdf xarray-einstats typing-extensions",
    "autogluon": "autogluon-tabular autogluon-core autogluon-features autogluon-timeseries autogluon-multimodal",
    "autogluon-core": "numpy pandas scikit-learn scipy tqdm requests matplotlib networkx boto3 autogluon-common",
    "autogluon-tabular": "autogluon-core autogluon-features numpy pandas scikit-learn networkx scipy",
    "azure-ai-ml": "azure-core azure-common azure-mgmt-core azure-storage-blob azure-storage-file-share pyyaml "
    "azure-storage-file-datalake azure-monitor-opentelemetry marshmallow jsonschema tqdm pydash pyjwt isodate "
    "strictyaml colorama msrest typing-extensions",
    "azure-core": "requests six typing-extensions",
    "azure-identity": "azure-core cryptography msal msal-extensions typing-extensions",
    "azure-storage-blob": "azure-core cryptography isodate typing-extensions",
    "azureml-core": "azure-core azure-identity msrest msrestazure requests pytz pyopenssl cryptography docker "
    "python-dateutil jmespath jsonpickle contextlib2 ndg-httpsclient secretstorage pyjwt adal azure-common "
    "azure-graphrbac azure-mgmt-authorization azure-mgmt-containerregistry azure-mgmt-keyvault packaging "
    "azure-mgmt-resource azure-mgmt-storage backports-tempfile humanfriendly knack paramiko pathspec pysocks "
    "argcomplete msal msal-extensions pkginfo urllib3",
    "azureml-defaults": "azureml-core azureml-inference-server-http azureml-dataset-runtime json-logging-py",
    "azureml-inference-server-http": "flask flask-cors gunicorn waitress opencensus-ext-azure pydantic "
    "inference-schema azure-ai-ml",
    "azureml-mlflow": "azureml-core mlflow-skinny mlflow azure-identity azure-core azure-storage-blob jsonpickle "
    "msrest cryptography python-dateutil pytz azure-common azure-mgmt-core",
    "beautifulsoup4": "soupsieve typing-extensions",
    "boto3": "botocore jmespath s3transfer",
    "botocore": "jmespath python-dateutil urllib3",
    "s3transfer": "botocore",
    "catboost": "graphviz matplotlib numpy pandas scipy plotly six",
    "category-encoders": "numpy pandas patsy scikit-learn scipy statsmodels importlib-resources packaging",
    "cmdstanpy": "numpy pandas tqdm stanio",
    "cryptography": "cffi",
    "cffi": "pycparser",
    "darts": "holidays joblib matplotlib nfoursid numpy pandas pmdarima pyod requests scikit-learn scipy shap "
    "statsforecast statsmodels tbats tqdm typing-extensions xarray xgboost",
    "dask": "click cloudpickle fsspec packaging partd pyyaml toolz importlib-metadata",
    "databricks-cli": "click oauthlib pyjwt requests six tabulate urllib3",
    "databricks-connect": "googleapis-common-protos grpcio grpcio-status numpy packaging pandas py4j pyarrow "
    "setuptools six databricks-sdk",
    "databricks-feature-engineering": "databricks-sdk mlflow-skinny pyyaml boto3 protobuf sqlparse numpy "
    "azure-cosmos dbl-tempo flask",
    "databricks-feature-store": "databricks-feature-engineering mlflow-skinny pyyaml",
    "databricks-sdk": "google-auth requests protobuf urllib3",
    "datasets": "aiohttp dill filelock fsspec huggingface-hub multiprocess numpy packaging pandas pyarrow pyyaml "
    "requests tqdm xxhash httpx",
    "diffusers": "importlib-metadata filelock huggingface-hub numpy regex requests safetensors pillow httpx",
    "diviner": "pandas prophet pmdarima packaging cloudpickle statsmodels",
    "docker": "requests urllib3 websocket-client packaging pywin32",
    "dspy": "litellm openai pydantic optuna numpy tqdm requests cloudpickle joblib regex ujson tenacity anyio "
    "diskcache json-repair cachetools backoff pandas datasets magicattr asyncer rich jinja2 xxhash orjson gepa",
    "dspy-ai": "dspy",
    "evaluate": "datasets dill fsspec huggingface-hub multiprocess numpy packaging pandas requests tqdm xxhash",
    "fastai": "fastcore fastdownload fastprogress matplotlib packaging pandas pillow pip pyyaml requests "
    "scikit-learn scipy spacy torch torchvision",
    "fastapi": "opentelemetry-api pydantic starlette typing-extensions annotated-doc typing-inspection",
    "fbprophet": "pystan cython holidays lunarcalendar convertdate numpy pandas matplotlib tqdm",
    "feature-engine": "numpy pandas scikit-learn scipy statsmodels",
    "flair": "torch transformers gensim scikit-learn tqdm regex matplotlib",
    "flaml": "numpy lightgbm xgboost scipy pandas scikit-learn",
    "flask": "blinker click itsdangerous jinja2 markupsafe werkzeug importlib-metadata",
    "flask-cors": "flask werkzeug six",
    "formulaic": "interface-meta narwhals numpy pandas scipy typing-extensions wrapt",
    "gensim": "numpy scipy smart-open",
    "geopandas": "numpy pandas shapely pyproj fiona pyogrio packaging",
    "gitpython": "gitdb",
    "gitdb": "smmap",
    "google-api-core": "google-auth googleapis-common-protos protobuf requests proto-plus grpcio grpcio-status",
    "google-auth": "cachetools pyasn1-modules rsa cryptography pyasn1 six",
    "google-cloud-aiplatform": "google-api-core google-auth google-cloud-bigquery google-cloud-storage protobuf "
    "google-cloud-resource-manager packaging pydantic proto-plus shapely docstring-parser google-genai",
    "google-cloud-bigquery": "google-api-core google-auth google-cloud-core google-resumable-media packaging "
    "python-dateutil requests proto-plus protobuf",
    "google-cloud-core": "google-api-core google-auth",
    "google-cloud-storage": "google-api-core google-auth google-cloud-core google-resumable-media requests "
    "google-crc32c protobuf",
    "graphene": "graphql-core graphql-relay aniso8601 python-dateutil typing-extensions",
    "grpcio-status": "grpcio protobuf googleapis-common-protos",
    "gymnasium": "numpy cloudpickle typing-extensions farama-notifications",
    "h2o": "requests tabulate future",
    "hdbscan": "numpy scipy scikit-learn joblib cython",
    "holidays": "python-dateutil convertdate korean-lunar-calendar hijri-converter",
    "httpx": "anyio certifi httpcore idna sniffio",
    "httpcore": "certifi h11",
    "huggingface-hub": "filelock fsspec packaging pyyaml requests tqdm typing-extensions hf-xet httpx typer click",
    "hydra-core": "omegaconf antlr4-python3-runtime packaging importlib-resources",
    "hyperopt": "numpy scipy six networkx future tqdm cloudpickle py4j",
    "imbalanced-learn": "numpy scipy scikit-learn joblib threadpoolctl sklearn-compat",
    "implicit": "numpy scipy tqdm threadpoolctl",
    "interpret": "interpret-core numpy pandas scikit-learn scipy joblib plotly dash psutil ipykernel ipython shap "
    "dill lime salib skope-rules treeinterpreter gevent requests",
    "interpret-core": "numpy pandas scikit-learn joblib",
    "jax": "jaxlib ml-dtypes numpy opt-einsum scipy",
    "jaxlib": "numpy scipy ml-dtypes",
    "jinja2": "markupsafe",
    "johnsnowlabs": "pyspark spark-nlp spark-nlp-display nlu numpy pandas pydantic requests databricks-api colorama",
    "joblib": "cloudpickle",
    "jsonschema": "attrs jsonschema-specifications referencing rpds-py pyrsistent",
    "keras": "absl-py numpy rich namex h5py optree ml-dtypes packaging",
    "langchain": "langchain-core langchain-text-splitters langsmith pydantic sqlalchemy requests pyyaml numpy "
    "aiohttp tenacity async-timeout langchain-community dataclasses-json langgraph jsonpatch packaging",
    "langchain-classic": "langchain-core langchain-text-splitters langsmith pydantic sqlalchemy requests pyyaml",
    "langchain-community": "langchain-core langchain langchain-classic sqlalchemy requests pyyaml aiohttp tenacity "
    "dataclasses-json pydantic-settings langsmith httpx-sse numpy",
    "langchain-core": "langsmith tenacity jsonpatch pyyaml packaging typing-extensions pydantic uuid-utils",
    "langchain-openai": "langchain-core openai tiktoken",
    "langgraph": "langchain-core langgraph-checkpoint langgraph-prebuilt langgraph-sdk xxhash pydantic",
    "langsmith": "httpx orjson packaging pydantic requests requests-toolbelt zstandard",
    "librosa": "audioread numba numpy scipy scikit-learn joblib decorator soundfile pooch soxr lazy-loader "
    "typing-extensions msgpack",
    "lifelines": "numpy scipy pandas matplotlib autograd autograd-gamma formulaic",
    "lightgbm": "numpy scipy scikit-learn wheel narwhals",
    "lightning": "torch torchmetrics lightning-utilities numpy pyyaml fsspec packaging tqdm typing-extensions "
    "pytorch-lightning",
    "litellm": "openai httpx tiktoken tokenizers jinja2 aiohttp pydantic jsonschema click python-dotenv "
    "importlib-metadata requests fastuuid",
    "llama-index": "llama-index-core llama-index-cli llama-index-embeddings-openai llama-index-llms-openai nltk "
    "llama-index-readers-file llama-index-indices-managed-llama-cloud llama-index-readers-llama-parse openai",
    "llama-index-core": "aiohttp dataclasses-json deprecated dirtyjson filetype fsspec httpx nest-asyncio networkx "
    "nltk numpy pillow pydantic pyyaml requests sqlalchemy tenacity tiktoken tqdm typing-extensions "
    "typing-inspect wrapt banks llama-index-workflows aiosqlite jinja2 pandas openai",
    "matplotlib": "contourpy cycler fonttools kiwisolver numpy packaging pillow pyparsing python-dateutil "
    "importlib-resources",
    "mleap": "pyspark numpy six scipy pandas scikit-learn",
    "mlflow": "mlflow-skinny mlflow-tracing alembic docker flask flask-cors graphene gunicorn jinja2 markdown "
    "matplotlib numpy pandas pyarrow scikit-learn scipy sqlalchemy waitress cryptography huey skops aiohttp "
    "querystring-parser prometheus-flask-exporter databricks-cli entrypoints pytz click cloudpickle gitpython "
    "pyyaml protobuf requests packaging importlib-metadata sqlparse python-dateutil simplejson six",
    "mlflow-skinny": "anyio cachetools click cloudpickle databricks-sdk entrypoints fastapi gitpython packaging "
    "importlib-metadata opentelemetry-api opentelemetry-proto opentelemetry-sdk protobuf pydantic python-dotenv "
    "pyyaml requests sqlparse starlette typing-extensions uvicorn pytz databricks-cli",
    "mlflow-tracing": "cachetools databricks-sdk opentelemetry-api opentelemetry-proto opentelemetry-sdk packaging "
    "protobuf pydantic",
    "mlserver": "fastapi uvicorn grpcio protobuf numpy pandas orjson aiofiles aiokafka py-grpc-prometheus click "
    "python-dotenv starlette-exporter tritonclient gunicorn importlib-resources",
    "mlserver-mlflow": "mlserver mlflow",
    "mlxtend": "scipy numpy pandas scikit-learn matplotlib joblib",
    "mxnet": "numpy requests graphviz",
    "nltk": "click joblib regex tqdm",
    "numba": "llvmlite numpy",
    "onnx": "numpy protobuf typing-extensions ml-dtypes",
    "onnxmltools": "onnx numpy protobuf",
    "onnxruntime": "coloredlogs flatbuffers numpy packaging protobuf sympy",
    "onnxruntime-gpu": "coloredlogs flatbuffers numpy packaging protobuf sympy",
    "openai": "anyio distro httpx jiter pydantic sniffio tqdm typing-extensions aiohttp requests",
    "opencv-python": "numpy",
    "opencv-python-headless": "numpy",
    "opencv-contrib-python": "numpy",
    "opentelemetry-api": "importlib-metadata typing-extensions deprecated",
    "opentelemetry-proto": "protobuf",
    "opentelemetry-sdk": "opentelemetry-api opentelemetry-semantic-conventions typing-extensions",
    "optuna": "alembic colorlog numpy packaging sqlalchemy tqdm pyyaml",
    "paddlepaddle": "httpx numpy protobuf pillow opt-einsum networkx typing-extensions astor decorator requests",
    "pandas": "numpy python-dateutil pytz tzdata six",
    "patsy": "numpy six packaging",
    "peft": "numpy packaging psutil pyyaml torch transformers tqdm accelerate safetensors huggingface-hub",
    "plotly": "packaging tenacity narwhals",
    "pmdarima": "cython joblib numpy pandas scikit-learn scipy setuptools statsmodels urllib3 packaging",
    "promptflow": "promptflow-core promptflow-devkit promptflow-tracing openai flask docstring-parser pyyaml "
    "psutil requests pandas python-dotenv sqlalchemy tabulate marshmallow cryptography keyring pathspec",
    "prophet": "cmdstanpy holidays importlib-resources matplotlib numpy pandas tqdm python-dateutil lunarcalendar "
    "convertdate pystan cython setuptools-git wheel",
    "pycaret": "category-encoders cloudpickle deprecation imbalanced-learn ipython ipywidgets jinja2 joblib "
    "kaleido lightgbm markupsafe matplotlib nbformat numba numpy pandas plotly pmdarima psutil pyod requests "
    "schemdraw scikit-learn scikit-plot scipy sktime statsmodels tbats tqdm xxhash yellowbrick wurlitzer "
    "importlib-metadata",
    "pydantic": "annotated-types pydantic-core typing-extensions typing-inspection",
    "pydantic-settings": "pydantic python-dotenv typing-inspection",
    "pymc": "arviz cachetools cloudpickle numpy pandas pytensor scipy rich threadpoolctl typing-extensions",
    "pyod": "joblib matplotlib numpy numba scipy scikit-learn",
    "pyspark": "py4j numpy pandas pyarrow grpcio grpcio-status googleapis-common-protos",
    "pytensor": "numpy scipy setuptools filelock etuples logical-unification minikanren cons",
    "python-dateutil": "six",
    "pytorch-lightning": "torch torchmetrics lightning-utilities numpy pyyaml fsspec packaging tqdm tensorboard "
    "typing-extensions",
    "pytorch-tabnet": "numpy scipy scikit-learn torch tqdm",
    "ray": "click filelock jsonschema msgpack packaging protobuf pyyaml requests aiosignal frozenlist numpy",
    "requests": "certifi charset-normalizer idna urllib3 chardet",
    "rich": "markdown-it-py pygments typing-extensions",
    "river": "numpy pandas scipy",
    "s3fs": "aiobotocore fsspec aiohttp",
    "gcsfs": "aiohttp decorator fsspec google-auth google-auth-oauthlib google-cloud-storage requests",
    "adlfs": "azure-core azure-datalake-store azure-identity azure-storage-blob fsspec aiohttp",
    "sagemaker": "attrs boto3 cloudpickle google-pasta numpy protobuf smdebug-rulesconfig importlib-metadata "
    "packaging pandas pathos schema pyyaml jsonschema platformdirs tblib urllib3 requests docker tqdm psutil",
    "scikit-image": "numpy scipy networkx pillow imageio tifffile packaging lazy-loader pywavelets",
    "scikit-learn": "numpy scipy joblib threadpoolctl narwhals",
    "scikit-learn-intelex": "daal4py scikit-learn numpy",
    "scikit-optimize": "joblib pyaml numpy scipy scikit-learn packaging",
    "scikit-plot": "matplotlib scikit-learn scipy joblib",
    "scikit-survival": "ecos joblib numexpr numpy osqp pandas scipy scikit-learn packaging",
    "scikit-surprise": "joblib numpy scipy",
    "scipy": "numpy",
    "seaborn": "numpy pandas matplotlib scipy",
    "sentence-transformers": "transformers tqdm torch scikit-learn scipy huggingface-hub pillow numpy nltk "
    "sentencepiece torchvision tokenizers typing-extensions",
    "shap": "numpy scipy scikit-learn pandas tqdm packaging slicer numba cloudpickle typing-extensions",
    "skl2onnx": "onnx onnxconverter-common scikit-learn numpy protobuf scipy",
    "skops": "numpy scikit-learn scipy packaging prettytable huggingface-hub tabulate",
    "skorch": "numpy scikit-learn scipy tabulate tqdm",
    "sktime": "numpy pandas packaging scikit-learn scikit-base scipy joblib numba deprecated",
    "snowflake-connector-python": "asn1crypto certifi cffi charset-normalizer cryptography filelock idna packaging "
    "platformdirs pyjwt pyopenssl pytz requests sortedcontainers tomlkit typing-extensions boto3 botocore",
    "snowflake-ml-python": "absl-py anyio cachetools cloudpickle cryptography fsspec importlib-resources numpy "
    "packaging pandas pyarrow pydantic pyjwt python-dateutil pytimeparse pyyaml requests retrying s3fs "
    "scikit-learn scipy snowflake-connector-python snowflake-snowpark-python sqlparse tqdm typing-extensions "
    "xgboost shap",
    "snowflake-snowpark-python": "snowflake-connector-python cloudpickle pyyaml protobuf python-dateutil setuptools "
    "typing-extensions tzlocal wheel",
    "spacy": "catalogue cymem jinja2 langcodes murmurhash numpy packaging preshed pydantic requests setuptools "
    "smart-open spacy-legacy spacy-loggers srsly thinc tqdm typer wasabi weasel confection",
    "spark-nlp": "numpy",
    "sqlalchemy": "greenlet typing-extensions",
    "starlette": "anyio typing-extensions",
    "statsforecast": "cloudpickle coreforecast fugue numba numpy pandas scipy statsmodels threadpoolctl tqdm "
    "utilsforecast",
    "statsmodels": "numpy scipy pandas patsy packaging formulaic",
    "sympy": "mpmath",
    "synapseml": "pyspark",
    "tabpfn": "torch scikit-learn numpy pandas scipy einops huggingface-hub typing-extensions pydantic",
    "tensorboard": "absl-py google-auth google-auth-oauthlib grpcio markdown numpy packaging pillow protobuf "
    "requests setuptools six tensorboard-data-server werkzeug",
    "tensorflow": "absl-py astunparse flatbuffers gast google-pasta grpcio h5py keras keras-preprocessing libclang "
    "ml-dtypes numpy opt-einsum packaging protobuf requests setuptools six tensorboard tensorflow-estimator "
    "tensorflow-io-gcs-filesystem termcolor typing-extensions wheel wrapt tensorflow-intel tensorflow-macos "
    "jax scipy",
    "tensorflow-hub": "numpy protobuf tf-keras",
    "tensorflow-text": "tensorflow",
    "textblob": "nltk",
    "thinc": "blis setuptools confection cymem murmurhash numpy packaging preshed pydantic srsly wasabi catalogue",
    "tiktoken": "regex requests",
    "timm": "torch torchvision pyyaml huggingface-hub safetensors",
    "tokenizers": "huggingface-hub",
    "torch": "filelock fsspec jinja2 networkx sympy typing-extensions numpy setuptools triton mpmath "
    "nvidia-cublas-cu12 nvidia-cuda-runtime-cu12 nvidia-cudnn-cu12",
    "torch-geometric": "aiohttp fsspec jinja2 numpy psutil pyparsing requests tqdm xxhash scipy scikit-learn",
    "torchaudio": "torch",
    "torchmetrics": "numpy packaging torch lightning-utilities",
    "torchtext": "torch tqdm requests numpy torchdata",
    "torchvision": "torch numpy pillow requests",
    "transformers": "filelock huggingface-hub numpy packaging pyyaml regex requests tokenizers safetensors tqdm "
    "sacremoses typer",
    "typer": "annotated-doc click pydantic rich shellingham typing-extensions",
    "umap-learn": "numpy scipy scikit-learn numba pynndescent tqdm",
    "uvicorn": "click h11 typing-extensions",
    "vadersentiment": "requests",
    "wandb": "click gitpython platformdirs protobuf psutil pydantic pyyaml requests sentry-sdk setproctitle "
    "typing-extensions docker-pycreds setuptools packaging",
    "xarray": "numpy pandas packaging",
    "xgboost": "numpy scipy nvidia-nccl-cu12",
    "xgboost-cpu": "numpy scipy",
    "yellowbrick": "matplotlib scipy scikit-learn numpy cycler",
}

# Well-known distributions that bring modules of their own alone.
_ALONE = frozenset(
    # ruff: noqa: SIM905 - a list of a hundred quoted names is hard to read
    "asttokens backcall bcrypt boto brotli chardet colorama configparser dataclasses debugpy decorator defusedxml "
    "dnspython duckdb enum34 ephem executing faker fire fusepy gmpy2 heapdict inflection ipdb jedi jeepney jellyfish "
    "jupyter-client jupyter-core keyring locket lxml lz4 mecab-python3 nlopt numexpr openpyxl oauthlib orjson parso "
    "pathlib peewee pendulum pexpect pickleshare polars portalocker prompt-toolkit ptyprocess pulp pure-eval pycountry "
    "pycryptodome pydot pydub pymeeus pymongo pymysql pynacl pyodbc pypdf pypdf2 python-levenshtein pyzmq rapidfuzz "
    "redis requests-oauthlib semver setuptools simplejson sklearn stack-data statistics tabulate textdistance toml "
    "toolz tornado traitlets unidecode wcwidth wheel wrapt xlrd xlsxwriter xlwt xxhash zict zipp zstandard".split()
)

# Builds of one project under several names bring the same.
_SAME_AS: dict[str, str] = dict.fromkeys(
    ("tensorflow-cpu", "tensorflow-gpu", "tensorflow-intel", "tensorflow-macos", "tf-nightly", "tensorflow-rocm"),
    "tensorflow",
) | {"pymc3": "pymc", "faiss-gpu": "faiss-cpu", "pyspark-client": "pyspark", "paddlepaddle-gpu": "paddlepaddle"}


@cache
def brings(distribution: str) -> frozenset[str]:
    """Return a distribution and all that come along when it is installed, as canonical names."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _DIRECT.get(_SAME_AS.get(name, name), "").split()
    return frozenset(found)


def is_known(distribution: str) -> bool:
    """Return whether the contents of a distribution are well known: it brings no module of somebody's own."""
    return (
        distribution in _DIRECT or distribution in _SAME_AS or distribution in _ALONE or distribution in _known_parts()
    )


@cache
def _known_parts() -> frozenset[str]:
    return frozenset(name for names in _DIRECT.values() for name in names.split())
