"""The registries, each a function. Made by `make tables` from the library."""

from .introspection import registry


def fields() -> dict[str, str]:
    """Name → one line of help: vector fields f(y; θ), the right-hand sides of the differential equation."""
    return registry("fields")


def integrators() -> dict[str, str]:
    """Name → one line of help: time integrators, whose steps are the layers."""
    return registry("integrators")


def activations() -> dict[str, str]:
    """Name → one line of help: elementwise functions σ."""
    return registry("activations")


def biases() -> dict[str, str]:
    """Name → one line of help: kinds of bias."""
    return registry("biases")


def openings() -> dict[str, str]:
    """Name → one line of help: how inputs become the first state."""
    return registry("openings")


def readouts() -> dict[str, str]:
    """Name → one line of help: how the final state becomes scores."""
    return registry("readouts")


def losses() -> dict[str, str]:
    """Name → one line of help: losses, with their links from scores to probabilities."""
    return registry("losses")


def optimizers() -> dict[str, str]:
    """Name → one line of help: methods that step the parameters."""
    return registry("optimizers")


def schedules() -> dict[str, str]:
    """Name → one line of help: how the learning rate changes."""
    return registry("schedules")


def regularizers() -> dict[str, str]:
    """Name → one line of help: terms of the training objective in the parameters, each an option of its strength."""
    return registry("regularizers")


def trajectory_terms() -> dict[str, str]:
    """Name → one line of help: terms of the training objective along the trajectories, each an option of its strength."""
    return registry("trajectory_terms")


def constraints() -> dict[str, str]:
    """Name → one line of help: sets that training keeps the parameters in."""
    return registry("constraints")


def time_bases() -> dict[str, str]:
    """Name → one line of help: how the layers get their weights."""
    return registry("time_bases")


def memory_policies() -> dict[str, str]:
    """Name → one line of help: what training remembers of the states, and what it computes again."""
    return registry("memory_policies")


def noises() -> dict[str, str]:
    """Name → one line of help: random numbers in the layers while training."""
    return registry("noises")


def metrics() -> dict[str, str]:
    """Name → one line of help: figures of an evaluation."""
    return registry("metrics")


def prolongations() -> dict[str, str]:
    """Name → one line of help: how weights become those of a network of twice the layers."""
    return registry("prolongations")


def problems() -> dict[str, str]:
    """Name → one line of help: closed-form data sets of the papers."""
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
