"""StableODE: create, train and evaluate stable ODE networks.

The library treats a deep network as a discretized differential equation dy/dt = f(y; θ(t)), which is stable by design.
A batch is an array [samples, features].

    import stableode

    training, validation = stableode.Dataset.problem("peaks")
    network = stableode.Network(inputs=2, outputs=5, width=8, field="antisymmetric", layers=64, horizon=5.0)
    network.fit(training, validation=validation, optimizer="adam", epochs=60)
    network.predict([[0.0, 1.6]])

The library prints nothing; failures raise StableODEError or one of its subclasses. stableode.MemoryError is not part of
`from stableode import *`, which would hide the built-in exception of this name.

END_HORIZON (1), END_EVENT (2) and END_FAILURE (3) are the values of `Solution.ends`: the sample's solve reached the horizon, met its event,
or failed.
"""

import importlib as _importlib
import sys as _sys
import typing as _typing

if _sys.argv[:1] == ["-m"] and "stableode" in _sys.orig_argv:  # python -m stableode, which has imported nothing yet
    from . import _starting as _starting

from ._errors import (
    BufferTooSmallError,
    CallbackFailedError,
    CancelledError,
    FileError,
    FileFormatError,
    HandleBusyError,
    IncompatibleError,
    InternalError,
    InvalidArgumentError,
    InvalidDataError,
    InvalidHandleError,
    MemoryError,
    NotConvergedError,
    NotFiniteError,
    NullPointerError,
    OutOfRangeError,
    ShapeMismatchError,
    StableODEError,
    StateError,
    StepLimitError,
    TimeLimitError,
    UnknownNameError,
    UnsupportedTypeError,
    VersionMismatchError,
)
from ._limits import limits
from ._registries import (
    activations,
    architectures,
    biases,
    certificates,
    connectors,
    constraints,
    fields,
    integrators,
    losses,
    memory_policies,
    metrics,
    noises,
    normalizations,
    openings,
    operators,
    optimizers,
    problems,
    prolongations,
    readouts,
    regularizers,
    schedules,
    time_bases,
    trajectory_terms,
)
from .certificate import Certificate
from .columns import Columns
from .dataset import Dataset
from .equation import END_EVENT, END_FAILURE, END_HORIZON, BlockMemory, MemoryPlan, NearIdentityGap, Solution, StepReport
from .field import VectorField
from .gradient import Gradient
from .introspection import Option, build_info, library_version, options, registry
from .levels import multilevel
from .memory import memory_usage, reset_memory_peak, set_memory_limit
from .network import Network
from .parameters import Parameters
from .predictor import Predictor
from .progress import CancelToken, History, Progress
from .report import DerivativeReport, MechanicsReport, Report, StabilityReport
from .rows import FailedRow, failed_rows
from .stepper import Stepper
from .stream import Stream
from .trainer import Trainer
from .validation import cross_validate

_LATER = ("plots", "sequences", "trajectories")
_OPTIONS = ("BlockOptions", "ConnectorOptions", "NetworkOptions", "TrainerOptions")

if _typing.TYPE_CHECKING:
    from . import plots as plots
    from . import sequences as sequences
    from . import trajectories as trajectories
    from ._options import BlockOptions, ConnectorOptions, NetworkOptions, TrainerOptions
else:

    def __getattr__(name: str) -> object:
        """Modules, and types of options, that are imported when they are first used, so that importing the package stays fast."""
        if name in _LATER:
            return _importlib.import_module(f"{__name__}.{name}")
        if name in _OPTIONS:
            return getattr(_importlib.import_module(f"{__name__}._options"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=_sys.modules[__name__])

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER, *_OPTIONS})


__version__ = "0.2.0"

__all__ = [
    "BlockMemory",
    "BlockOptions",
    "BufferTooSmallError",
    "CallbackFailedError",
    "CancelToken",
    "CancelledError",
    "Certificate",
    "Columns",
    "ConnectorOptions",
    "Dataset",
    "DerivativeReport",
    "END_EVENT",
    "END_FAILURE",
    "END_HORIZON",
    "FailedRow",
    "FileError",
    "FileFormatError",
    "Gradient",
    "HandleBusyError",
    "History",
    "IncompatibleError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidDataError",
    "InvalidHandleError",
    "MechanicsReport",
    "MemoryPlan",
    "NearIdentityGap",
    "Network",
    "NetworkOptions",
    "NotConvergedError",
    "NotFiniteError",
    "NullPointerError",
    "Option",
    "OutOfRangeError",
    "Parameters",
    "Predictor",
    "Progress",
    "Report",
    "ShapeMismatchError",
    "Solution",
    "StabilityReport",
    "StableODEError",
    "StateError",
    "StepLimitError",
    "StepReport",
    "Stepper",
    "Stream",
    "TimeLimitError",
    "Trainer",
    "TrainerOptions",
    "UnknownNameError",
    "UnsupportedTypeError",
    "VectorField",
    "VersionMismatchError",
    "activations",
    "architectures",
    "biases",
    "build_info",
    "certificates",
    "connectors",
    "constraints",
    "cross_validate",
    "failed_rows",
    "fields",
    "integrators",
    "library_version",
    "limits",
    "losses",
    "memory_policies",
    "memory_usage",
    "metrics",
    "multilevel",
    "noises",
    "normalizations",
    "openings",
    "operators",
    "optimizers",
    "options",
    "problems",
    "prolongations",
    "readouts",
    "registry",
    "regularizers",
    "reset_memory_peak",
    "schedules",
    "set_memory_limit",
    "time_bases",
    "trajectory_terms",
]
