# Stable ODE networks as estimators of scikit-learn: cross-validation, and a search for two parameters in a pipeline.
from sklearn import datasets, model_selection, pipeline, preprocessing  # type: ignore[import-untyped]
from stableode.sklearn import StableODEClassifier

features, species = datasets.load_iris(return_X_y=True, as_frame=True)
accuracies = model_selection.cross_val_score(StableODEClassifier(random_state=0), features, species, cv=5)
print(f"iris: accuracy {100 * accuracies.mean():.1f} %, five-fold mean with the defaults")

features, benign = datasets.load_breast_cancer(return_X_y=True, as_frame=True)
training, held_out, labels, truth = model_selection.train_test_split(features, benign, random_state=0, stratify=benign)
search = model_selection.GridSearchCV(
    pipeline.make_pipeline(preprocessing.QuantileTransformer(n_quantiles=100), StableODEClassifier(random_state=0)),
    {"stableodeclassifier__field": ["antisymmetric", "gradient_flow"], "stableodeclassifier__horizon": [1.0, 4.0]},
)
search.fit(training, labels)
accuracy = (search.predict(held_out) == truth).mean()
print(f"breast_cancer: accuracy {100 * accuracy:.1f} % on held-out rows with {search.best_params_}")

# The network inside can be saved, and loaded by C.
search.best_estimator_[-1].network_.save("breast_cancer.safetensors")
