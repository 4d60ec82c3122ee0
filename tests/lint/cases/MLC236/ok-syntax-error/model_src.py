def predict(
