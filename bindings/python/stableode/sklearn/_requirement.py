"""The version of scikit-learn that the estimators need."""

import importlib
import re

OLDEST = (1, 6)


def require() -> None:
    """Errors: ModuleNotFoundError or ImportError, in one sentence, if scikit-learn is missing or too old."""
    try:
        version = importlib.import_module("sklearn").__version__
    except ModuleNotFoundError:
        raise ModuleNotFoundError("stableode.sklearn needs scikit-learn, which is not installed: pip install scikit-learn", name="sklearn") from None
    if tuple(int(number) for number in re.findall(r"\d+", version)[:2]) < OLDEST:
        raise ImportError(f"stableode.sklearn needs scikit-learn {'.'.join(map(str, OLDEST))} or later, not {version}: pip install --upgrade scikit-learn")
