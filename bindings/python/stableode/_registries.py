"""The registries, each a function. Made by `make tables` from the library."""

from .introspection import registry


def fields() -> dict[str, str]:
    """The registered fields: name → one line of help."""
    return registry("fields")


def integrators() -> dict[str, str]:
    """The registered integrators: name → one line of help."""
    return registry("integrators")


def activations() -> dict[str, str]:
    """The registered activations: name → one line of help."""
    return registry("activations")


def biases() -> dict[str, str]:
    """The registered biases: name → one line of help."""
    return registry("biases")


def openings() -> dict[str, str]:
    """The registered openings: name → one line of help."""
    return registry("openings")


def readouts() -> dict[str, str]:
    """The registered readouts: name → one line of help."""
    return registry("readouts")


def losses() -> dict[str, str]:
    """The registered losses: name → one line of help."""
    return registry("losses")


def optimizers() -> dict[str, str]:
    """The registered optimizers: name → one line of help."""
    return registry("optimizers")


def schedules() -> dict[str, str]:
    """The registered schedules: name → one line of help."""
    return registry("schedules")


def regularizers() -> dict[str, str]:
    """The registered regularizers: name → one line of help."""
    return registry("regularizers")


def trajectory_terms() -> dict[str, str]:
    """The registered trajectory terms: name → one line of help."""
    return registry("trajectory_terms")


def constraints() -> dict[str, str]:
    """The registered constraints: name → one line of help."""
    return registry("constraints")


def time_bases() -> dict[str, str]:
    """The registered time bases: name → one line of help."""
    return registry("time_bases")


def memory_policies() -> dict[str, str]:
    """The registered memory policies: name → one line of help."""
    return registry("memory_policies")


def noises() -> dict[str, str]:
    """The registered noises: name → one line of help."""
    return registry("noises")


def metrics() -> dict[str, str]:
    """The registered metrics: name → one line of help."""
    return registry("metrics")


def prolongations() -> dict[str, str]:
    """The registered prolongations: name → one line of help."""
    return registry("prolongations")


def problems() -> dict[str, str]:
    """The registered problems: name → one line of help."""
    return registry("problems")


#: All of them.
REGISTRIES = (
    "fields",
    "integrators",
    "activations",
    "biases",
    "openings",
    "readouts",
    "losses",
    "optimizers",
    "schedules",
    "regularizers",
    "trajectory_terms",
    "constraints",
    "time_bases",
    "memory_policies",
    "noises",
    "metrics",
    "prolongations",
    "problems",
)
