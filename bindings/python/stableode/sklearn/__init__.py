"""StableODE for scikit-learn: classifiers and regressors of rows and of series, and a transformer.

    from sklearn.pipeline import make_pipeline
    from stableode.sklearn import StableODEClassifier

    classifier = StableODEClassifier(field="antisymmetric", random_state=0).fit(features, labels)
    classifier.predict_proba(features)
    classifier.network_.save("model.safetensors")

They do what scikit-learn expects of estimators: Pipeline, GridSearchCV, cross-validation in several processes, clone, pickle, set_output,
sample weights, and feature names of data frames. Their parameters are options of `stableode.Network` and of training, under the same names;
a parameter that is None leaves the choice to the library.

This module alone imports scikit-learn, 1.6 or later.
"""

from ._requirement import require

require()

from ._classifier import StableODEClassifier  # noqa: E402  (scikit-learn must be there)
from ._regressor import StableODERegressor  # noqa: E402
from ._sequence_classifier import StableODESequenceClassifier  # noqa: E402
from ._sequence_regressor import StableODESequenceRegressor  # noqa: E402
from ._transformer import StableODETransformer  # noqa: E402

__all__ = ["StableODEClassifier", "StableODERegressor", "StableODESequenceClassifier", "StableODESequenceRegressor", "StableODETransformer"]
