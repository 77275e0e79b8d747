"""StableODE: create, train and evaluate stable ODE networks.

A deep network is read as a discretized differential equation dy/dt = f(y; θ(t)), whose stability is designed in. A batch is
samples × features.

    import stableode

    training, validation = stableode.Dataset.problem("peaks")
    network = stableode.Network(inputs=2, outputs=5, width=8, field="antisymmetric", layers=64, horizon=5.0)
    network.fit(training, validation=validation, optimizer="adam", epochs=60)
    network.predict([[0.0, 1.6]])

The library prints nothing; failures are StableODEError and its subclasses.
"""

from . import _errors
from ._errors import StableODEError
from .dataset import Dataset
from .equation import BlockMemory, MemoryPlan, NearIdentityGap, Solution
from .gradient import Gradient, StepReport
from .introspection import REGISTRY_FUNCTIONS, Option, build_info, library_version, options, registry
from .levels import multilevel
from .memory import memory_usage, reset_memory_peak, set_memory_limit
from .network import Network, Parameters
from .predictor import Predictor
from .trainer import CancelToken, History, Progress, Trainer
from .validation import cross_validate

__version__ = "0.2.0"

# One exception class an error status, one function a registry: made from their lists.
globals().update(_errors.BY_NAME)
globals().update(REGISTRY_FUNCTIONS)

__all__ = [
    "BlockMemory",
    "CancelToken",
    "Dataset",
    "Gradient",
    "History",
    "MemoryPlan",
    "NearIdentityGap",
    "Network",
    "Option",
    "Parameters",
    "Predictor",
    "Progress",
    "Solution",
    "StableODEError",
    "StepReport",
    "Trainer",
    "build_info",
    "cross_validate",
    "library_version",
    "memory_usage",
    "multilevel",
    "options",
    "registry",
    "reset_memory_peak",
    "set_memory_limit",
    *_errors.BY_NAME,
    *REGISTRY_FUNCTIONS,
]
