"""The registries, each a function. Made by `make tables` from the library."""

from .introspection import registry


def fields() -> dict[str, str]:
    """Name → one line of help: vector fields f(y; θ), the right-hand sides of the differential equation.

    The names of the registry "fields", in the library's order, as texts of options and arguments.
    """
    return registry("fields")


def operators() -> dict[str, str]:
    """Name → one line of help: linear operators that the fields of a block multiply by.

    The names of the registry "operators", in the library's order, as texts of options and arguments.
    """
    return registry("operators")


def connectors() -> dict[str, str]:
    """Name → one line of help: maps between blocks.

    The names of the registry "connectors", in the library's order, as texts of options and arguments.
    """
    return registry("connectors")


def normalizations() -> dict[str, str]:
    """Name → one line of help: what is normalized together, in fields and between blocks.

    The names of the registry "normalizations", in the library's order, as texts of options and arguments.
    """
    return registry("normalizations")


def integrators() -> dict[str, str]:
    """Name → one line of help: time integrators, whose steps are the layers.

    The names of the registry "integrators", in the library's order, as texts of options and arguments.
    """
    return registry("integrators")


def activations() -> dict[str, str]:
    """Name → one line of help: elementwise functions σ.

    The names of the registry "activations", in the library's order, as texts of options and arguments.
    """
    return registry("activations")


def architectures() -> dict[str, str]:
    """Name → one line of help: networks of the literature.

    The names of the registry "architectures", in the library's order, as texts of options and arguments.
    """
    return registry("architectures")


def biases() -> dict[str, str]:
    """Name → one line of help: kinds of bias.

    The names of the registry "biases", in the library's order, as texts of options and arguments.
    """
    return registry("biases")


def openings() -> dict[str, str]:
    """Name → one line of help: how the inputs become the first state.

    The names of the registry "openings", in the library's order, as texts of options and arguments.
    """
    return registry("openings")


def readouts() -> dict[str, str]:
    """Name → one line of help: how the final state becomes scores.

    The names of the registry "readouts", in the library's order, as texts of options and arguments.
    """
    return registry("readouts")


def losses() -> dict[str, str]:
    """Name → one line of help: losses, each with its map from scores to probabilities.

    The names of the registry "losses", in the library's order, as texts of options and arguments.
    """
    return registry("losses")


def optimizers() -> dict[str, str]:
    """Name → one line of help: methods that update the parameters.

    The names of the registry "optimizers", in the library's order, as texts of options and arguments.
    """
    return registry("optimizers")


def schedules() -> dict[str, str]:
    """Name → one line of help: how the learning rate changes during training.

    The names of the registry "schedules", in the library's order, as texts of options and arguments.
    """
    return registry("schedules")


def regularizers() -> dict[str, str]:
    """Name → one line of help: terms of the training objective that depend on the parameters; the option of the same name is the term's strength.

    The names of the registry "regularizers", in the library's order, as texts of options and arguments.
    """
    return registry("regularizers")


def trajectory_terms() -> dict[str, str]:
    """Name → one line of help: terms of the training objective that depend on the states in all layers; the option of the same name is the term's strength.

    The names of the registry "trajectory_terms", in the library's order, as texts of options and arguments.
    """
    return registry("trajectory_terms")


def constraints() -> dict[str, str]:
    """Name → one line of help: limits that training keeps the parameters within.

    The names of the registry "constraints", in the library's order, as texts of options and arguments.
    """
    return registry("constraints")


def time_bases() -> dict[str, str]:
    """Name → one line of help: how the layers get their weights.

    The names of the registry "time_bases", in the library's order, as texts of options and arguments.
    """
    return registry("time_bases")


def memory_policies() -> dict[str, str]:
    """Name → one line of help: which states training keeps in memory for the gradient, and which it computes again.

    The names of the registry "memory_policies", in the library's order, as texts of options and arguments.
    """
    return registry("memory_policies")


def noises() -> dict[str, str]:
    """Name → one line of help: random numbers in the layers during training.

    The names of the registry "noises", in the library's order, as texts of options and arguments.
    """
    return registry("noises")


def metrics() -> dict[str, str]:
    """Name → one line of help: figures by which a trained network is judged.

    The names of the registry "metrics", in the library's order, as texts of options and arguments.
    """
    return registry("metrics")


def prolongations() -> dict[str, str]:
    """Name → one line of help: how a network's weights become those of a network with twice the layers.

    The names of the registry "prolongations", in the library's order, as texts of options and arguments.
    """
    return registry("prolongations")


def problems() -> dict[str, str]:
    """Name → one line of help: data sets of the papers that are made by a formula.

    The names of the registry "problems", in the library's order, as texts of options and arguments.
    """
    return registry("problems")


def certificates() -> dict[str, str]:
    """Name → one line of help: statements about a trained network that can be proved.

    The names of the registry "certificates", in the library's order, as texts of options and arguments.
    """
    return registry("certificates")


#: All of them.
REGISTRIES = (
    "fields",
    "operators",
    "connectors",
    "normalizations",
    "integrators",
    "activations",
    "architectures",
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
    "certificates",
)
