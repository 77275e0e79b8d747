"""Exceptions, one for each error status of the C interface, each also the built-in exception that fits."""


class StableODEError(Exception):
    """A call of the library failed. `code` is its status number, the message says what was given and what is allowed.

    The subclasses (one a status: `ShapeMismatchError`, `UnknownNameError`, `FileError` …) are also a ValueError, TypeError,
    KeyError, OSError, MemoryError, ArithmeticError or RuntimeError, whichever fits.
    """

    code = 0

    def __str__(self):
        # KeyError and OSError would show the message in a form of their own.
        return str(self.args[0]) if self.args else ""


# Status name without SODE_ → (number, built-in bases). Positive numbers end work early and raise nothing.
STATUSES = {
    "OK": (0, ()),
    "STOPPED_BY_CALLBACK": (1, ()),
    "CANCELLED": (2, ()),
    "TIME_LIMIT": (3, ()),
    "EARLY_STOPPING": (4, ()),
    "CONVERGED": (5, ()),
    "ERR_INVALID_ARGUMENT": (-1, (ValueError,)),
    "ERR_NULL_POINTER": (-2, (ValueError,)),
    "ERR_INVALID_HANDLE": (-3, (ValueError,)),
    "ERR_HANDLE_BUSY": (-4, (RuntimeError,)),
    "ERR_UNKNOWN_NAME": (-5, (ValueError, KeyError)),
    "ERR_OUT_OF_RANGE": (-6, (ValueError,)),
    "ERR_SHAPE_MISMATCH": (-7, (ValueError,)),
    "ERR_UNSUPPORTED_TYPE": (-8, (TypeError,)),
    "ERR_INVALID_DATA": (-9, (ValueError,)),
    "ERR_MEMORY": (-10, (MemoryError,)),
    "ERR_FILE": (-11, (OSError,)),
    "ERR_FILE_FORMAT": (-12, (ValueError,)),
    "ERR_VERSION_MISMATCH": (-13, (RuntimeError,)),
    "ERR_INCOMPATIBLE": (-14, (ValueError,)),
    "ERR_CALLBACK_FAILED": (-15, (RuntimeError,)),
    "ERR_STATE": (-16, (RuntimeError,)),
    "ERR_NOT_FINITE": (-17, (ArithmeticError,)),
    "ERR_BUFFER_TOO_SMALL": (-18, (ValueError,)),
    "ERR_INTERNAL": (-19, (RuntimeError,)),
    "ERR_NOT_CONVERGED": (-20, (ArithmeticError,)),
    "ERR_STEP_LIMIT": (-21, (ArithmeticError,)),
}


def _class_name(status_name):
    words = "".join(word.capitalize() for word in status_name.removeprefix("ERR_").split("_"))
    return words if words.endswith("Error") else words + "Error"


def _make_class(status_name, code, bases):
    documentation = f"Status SODE_{status_name} ({code})."
    namespace = {"code": code, "__doc__": documentation, "__module__": "stableode"}
    return type(_class_name(status_name), (StableODEError, *bases), namespace)


#: Error number → exception class.
CLASSES = {number: _make_class(name, number, bases) for name, (number, bases) in STATUSES.items() if number < 0}
#: Exception name → exception class, for the package's namespace.
BY_NAME = {error.__name__: error for error in CLASSES.values()}

HandleError = BY_NAME["InvalidHandleError"]
OutOfRangeError = BY_NAME["OutOfRangeError"]
ShapeMismatchError = BY_NAME["ShapeMismatchError"]
UnsupportedTypeError = BY_NAME["UnsupportedTypeError"]
InvalidArgumentError = BY_NAME["InvalidArgumentError"]


def error_for(code, message):
    """The exception for a status number, one of a later library included."""
    error = CLASSES.get(code, StableODEError)(message)
    error.code = code
    return error
