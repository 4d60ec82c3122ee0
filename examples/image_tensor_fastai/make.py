"""Write the metadata of the image model as MLflow 2.16 wrote it for fastai: something to lint, not to load.

The fastai flavor was there from MLflow 1.10 to 2.22. Its model file would be an exported `Learner` of many megabytes;
the one written here is a placeholder that says so.
"""

import json
import pickle
import uuid
from datetime import datetime, timezone
from pathlib import Path

import yaml

NOTE = "a placeholder for an exported fastai Learner, see examples/README.md"
PYTHON = "3.10.14"
REQUIREMENTS = ["mlflow==2.16.2", "fastai==2.7.18", "numpy==1.26.4", "torch==2.5.1", "torchvision==0.20.1"]

model = Path("model")
model.mkdir()
size = (model / "model.fastai").write_bytes(pickle.dumps(NOTE, protocol=4))


def tensor(dtype: str, *shape: int) -> str:
    return json.dumps([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}])


documents = {
    "MLmodel": {
        "flavors": {
            "fastai": {"code": None, "data": "model.fastai", "fastai_version": "2.7.18"},
            "python_function": {
                "code": None,
                "data": "model.fastai",
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.fastai",
                "python_version": PYTHON,
            },
        },
        "mlflow_version": "2.16.2",
        "model_size_bytes": size,
        "model_uuid": uuid.uuid4().hex,
        "signature": {
            "inputs": tensor("uint8", -1, 300, 300, 3),
            "outputs": tensor("float32", -1, 2),
            "params": None,
        },
        "utc_time_created": str(datetime.now(timezone.utc).replace(tzinfo=None)),
    },
    "conda.yaml": {
        "channels": ["conda-forge"],
        "dependencies": [f"python={PYTHON}", "pip<=24.0", {"pip": REQUIREMENTS}],
        "name": "mlflow-env",
    },
    "python_env.yaml": {
        "python": PYTHON,
        "build_dependencies": ["pip==24.0", "setuptools==69.5.1", "wheel==0.43.0"],
        "dependencies": ["-r requirements.txt"],
    },
}
for name, content in documents.items():
    (model / name).write_text(yaml.safe_dump(content, sort_keys=False))
(model / "requirements.txt").write_text("\n".join(REQUIREMENTS))
