"""Save a scikit-learn pipeline over text, integer, boolean and optional columns.

It estimates the width of an iris petal. Both ways of loading it work: `mlflow.sklearn.load_model` gives the pipeline
itself, `mlflow.pyfunc.load_model` gives it with the signature enforced.
"""

from importlib.metadata import version

import mlflow.sklearn
import numpy as np
import pandas as pd
from iris_pipeline import TolerantPipeline
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder

iris = load_iris(as_frame=True)
table = pd.DataFrame(
    {
        "species": iris.target.map(dict(enumerate(iris.target_names.tolist()))),
        "petal_length_mm": (iris.data["petal length (cm)"] * 10).round().astype(np.int64),
        "long_sepal": iris.data["sepal length (cm)"] > 6,
        # Nobody measured every fifth sepal. A column with missing values is inferred to be optional.
        "sepal_width_cm": iris.data["sepal width (cm)"].mask(iris.data.index % 5 == 0),
    }
)
train, test, train_width, test_width = train_test_split(table, iris.data["petal width (cm)"], random_state=0)

columns = ColumnTransformer(
    [("species", OneHotEncoder(handle_unknown="ignore"), ["species"])],
    remainder="passthrough",
)
pipeline = TolerantPipeline([("columns", columns), ("model", LinearRegression())])
pipeline.fit(train, train_width)
print(f"R2 {r2_score(test_width, pipeline.predict(test)):.3f}")

mlflow.sklearn.save_model(
    pipeline,
    "model",
    signature=infer_signature(train, pipeline.predict(train)),
    # MLflow writes NaN into the example file as it is, which is no JSON: rows without missing values are safer.
    input_example=test.dropna().head(3),
    code_paths=["iris_pipeline.py"],
    # A skops file runs no code when it is read, and names the classes of ours that it may make.
    serialization_format="skops",
    skops_trusted_types=["iris_pipeline.TolerantPipeline"],
    pip_requirements=[f"{name}=={version(name)}" for name in ("numpy", "pandas", "scikit-learn", "skops")],
)
