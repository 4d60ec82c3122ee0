"""Save a model of images: a uint8 tensor of shape (-1, 300, 300, 3) in, probabilities of shape (-1, 2) out.

It tells photographs of a temple from photographs of a flower, and has learned that from crops of scikit-learn's two
sample images. There is no input example: one image is a megabyte of JSON.
"""

from importlib.metadata import version

import mlflow.pyfunc
import numpy as np
from image_model import ImageModel, regions
from mlflow.models import infer_signature
from mlflow.pyfunc import PythonModelContext
from sklearn.datasets import load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

CROPS = 40
SIDE = 300

generator = np.random.default_rng(0)


def crop(photograph: np.ndarray) -> np.ndarray:
    top, left = (generator.integers(0, extent - SIDE) for extent in photograph.shape[:2])
    return photograph[top : top + SIDE, left : left + SIDE]


photographs = load_sample_images().images
images = np.stack([crop(photograph) for photograph in photographs for _ in range(CROPS)])
subjects = np.repeat([0, 1], CROPS)
train, test, train_subjects, test_subjects = train_test_split(images, subjects, random_state=0)

classifier = LogisticRegression().fit(regions(train), train_subjects)
artifacts = {"weights": "weights.npz"}
np.savez(artifacts["weights"], weights=classifier.coef_[0], bias=classifier.intercept_[0])

model = ImageModel()
model.load_context(PythonModelContext(artifacts, model_config=None))
answer = model.predict(None, test)
print(f"accuracy {(answer.argmax(axis=1) == test_subjects).mean():.3f}")

mlflow.pyfunc.save_model(
    "model",
    python_model="image_model.py",
    artifacts=artifacts,
    signature=infer_signature(test, answer),
    pip_requirements=[f"numpy=={version('numpy')}"],
)
