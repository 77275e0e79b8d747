"""The version of scikit-learn that the estimators need."""

import re

from .._optional import need

OLDEST = (1, 6)


def require() -> None:
    """Errors: ModuleNotFoundError or ImportError, in one sentence, if scikit-learn is missing or too old."""
    version = need("sklearn", "stableode.sklearn", "scikit-learn").__version__
    if tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < OLDEST:
        raise ImportError(f"stableode.sklearn needs scikit-learn {'.'.join(map(str, OLDEST))} or later, not {version}: pip install --upgrade scikit-learn")
