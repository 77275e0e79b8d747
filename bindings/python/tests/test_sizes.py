"""Sizes that the caller chooses: every call that makes an object refuses sizes that are too large at once, before it allocates memory.

Each call runs in its own process with sizes from −1 to 2^62, with and without a memory limit. Whether or not the call is refused,
the process must not grow much beyond the limit. A refusal takes only milliseconds of processor time.
"""

import functools
import gzip
import json
import os
import pathlib
import struct
import subprocess
import sys

import pytest

from stableode import _table

HERE = pathlib.Path(__file__)
SIZES = [-1, 0] + [2**power for power in range(16, 63, 2)] + [2**62 - 1]
LIMIT = 1 << 20
# Small allocations of the runtime and the interpreter, and the system's rounding to pages.
LITTLE = 48 << 20
# Measured: every refusal takes less than 5 ms. A debug build of the library or a loaded machine is slower.
SECONDS = 0.1
# Calls whose memory does not grow with the size: they may succeed for any size. Without a memory limit the other calls get only sizes that no machine can serve.
OF_ANY_SIZE = {"sode_gradient_create", "sode_predictor_create", "sode_dataset_slice", "sode_dataset_fold", "sode_table_from_tensor"}

CREATING = sorted(name for name, (_, arguments) in _table.FUNCTIONS.items() if _table.HandleOut in arguments)


def test_every_call_that_makes_an_object_has_sizes_to_refuse():
    missing = [name for name in CREATING if name not in CASES and name not in WITHOUT_SIZES]
    assert missing == [], "new calls: give each a case here, or say that it takes no size"
    assert sorted([*CASES, *WITHOUT_SIZES]) == CREATING


@pytest.mark.parametrize("limited", [True, False], ids=["limited", "unlimited"])
@pytest.mark.parametrize("name", CREATING)
def test_sizes_are_refused_before_they_are_allocated(name, limited, tmp_path):
    if name in WITHOUT_SIZES:
        pytest.skip(WITHOUT_SIZES[name])
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, HERE, name, "limited" if limited else "unlimited", tmp_path], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, f"{name}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) >= len(SIZES) / 3
    for row in rows:
        assert row["grown"] <= LIMIT + LITTLE, row
        if row["status"] < 0:
            assert row["seconds"] < SECONDS, row
            assert row["message"], row
        else:
            assert row["held"] <= LIMIT, row


# Calls of the network whose object is a report.
REPORTS = {"sode_network_stability_report", "sode_network_mechanics", "sode_network_check_derivatives"}

WITHOUT_SIZES = {
    "sode_network_prolong_images": "four times the pixels of a network that exists",
    "sode_network_restrict_images": "a quarter of the pixels of a network that exists",
    "sode_network_fold_norms": "the tensors of a network that exists",
    "sode_specification_create": "an empty specification",
    "sode_network_create": "sizes are those of sode_network_create_json",
    "sode_network_copy": "copies share their parameters",
    "sode_trainer_create": "an empty trainer",
    "sode_cancel_token_create": "a token",
    "sode_table_from_stream": "batches stay the producer's; their lengths are those of tables.c",
    "sode_table_from_array": "an array stays the producer's; its lengths are those of tables.c",
    "sode_dataset_from_table": "sizes are those of a table that exists",
    "sode_dataset_with_columns": "shares the data set's memory",
    "sode_dataset_get_columns": "a record of at most 1 MB",
    "sode_network_get_columns": "a record of at most 1 MB",
    "sode_network_repair": "the weights of a network that exists",
    "sode_network_certify": "the norms of a network that exists, and one input",
}


# ---- In a separate process -----------------------------------------------------------------------------------------


@functools.cache
def options(scope):
    """Sets each integer option of a scope, from the registries' complete list, to each size."""
    import stableode

    return [option.key for option in stableode.options(scope).values() if option.type is int]


#: Networks in which the options that belong to one registry entry apply.
BASES = [
    {},
    {"opening": "dense"},
    {"field": "hamiltonian", "integrator": "verlet"},
    {"field": "two_layer"},
    {"integrator": "dopri5"},
    {"integrator": "imex"},
    {"integrator": "polynet"},
    {"weights_in_time": "b_spline", "basis_count": 8, "layers": 8},
    {"weights_in_time": "polynomial", "layers": 8},
    {"weights_in_time": "piecewise_constant", "layers": 8},
    {"memory": "store_every"},
    {"memory": "binomial"},
    {"memory": "automatic"},
    {"opening": "sequence", "inputs": 6, "field": "ode_rnn", "interpolation": "linear"},
]


def specifications(size):
    """JSON texts of networks in which one option has this size, or a list has this many elements."""
    for base in BASES:
        for key in options("network") + options("block"):
            yield json.dumps({"inputs": 2, "outputs": 2, "width": 2, "layers": 3, **base, key: size})
    # Many blocks of many layers, which are large together.
    if 0 < size < 2**24:
        block = {"layers": min(size, 1000000), "weights_in_time": "shared"}
        yield json.dumps({"inputs": 2, "outputs": 2, "width": 2, "blocks": [block] * 1024})
        block = {"layers": min(size, 1000000), "weights_in_time": "polynomial", "basis_count": 32}
        yield json.dumps({"inputs": 2, "outputs": 2, "width": 2, "blocks": [block] * 1024})
    # Long lists and deep nesting, where the size is that of the text itself.
    if 0 < size <= 2**22:
        yield json.dumps({"inputs": 2, "outputs": 2, "step_sizes": [0.1] * (size // 4)})
        yield "[" * size
        yield '{"inputs": 2, "outputs": ' + "2" * size + "}"


class Calls:
    def __init__(self, folder):
        import ctypes

        import numpy
        import stableode
        from stableode._library import library

        self.ctypes, self.numpy, self.library, self.folder = ctypes, numpy, library, pathlib.Path(folder)
        self.network = stableode.Network(inputs=2, outputs=2, width=2, layers=3)
        self.adaptive = stableode.Network(inputs=2, outputs=2, width=2, layers=3, integrator="dopri5")
        self.dataset = stableode.Dataset(numpy.zeros((8, 2), "float32"), numpy.arange(8) % 2)
        self.trainer = stableode.Trainer(self.network, epochs=1)
        self.keep = []

    def out(self):
        return self.ctypes.byref(self.ctypes.c_void_p())

    def tensor(self, *shape, strides=None, kind=(2, 32)):
        """A tensor of any shape over 64 bytes of memory: with strides 0 all its elements share one address."""
        from stableode._structures import DataType, Tensor

        ctypes = self.ctypes
        memory = (ctypes.c_char * 64)()
        extents = (ctypes.c_int64 * len(shape))(*shape)
        steps = (ctypes.c_int64 * len(shape))(*(strides or [0] * len(shape)))
        tensor = Tensor()
        tensor.data, tensor.ndim, tensor.dtype = ctypes.addressof(memory), len(shape), DataType(*kind, 1)
        tensor.device.device_type, tensor.shape, tensor.strides = 1, extents, steps
        self.keep.append((memory, extents, steps))
        return ctypes.byref(tensor)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return os.fsencode(path)

    def sode_network_create_json(self, size):
        for text in specifications(size):
            yield self.library.sode_network_create_json, text.encode(), len(text), self.out()

    def sode_network_project(self, size):
        for key in options("block"):
            text = json.dumps({key: size}).encode()
            yield self.library.sode_network_project, self.network._pointer, text, len(text), self.out()

    def sode_network_with_steps(self, size):
        for options in ({"channels": 2, "sequence_layout": "values"}, {"channels": 1, "sequence_layout": "times_values", "outputs_at": "steps"}):
            network = self.recurrent(inputs=4, layers=2, **options)
            yield self.library.sode_network_with_steps, network._pointer, size, self.out()

    def sode_stepper_create(self, size):
        yield self.library.sode_stepper_create, self.recurrent(inputs=4, layers=4)._pointer, size, self.out()

    def recurrent(self, **options):
        import stableode

        made = stableode.Network(outputs=2, width=2, opening="sequence", field="antisymmetric_rnn", weights_in_time="shared", **options)
        self.keep.append(made)
        return made

    def sode_network_refine(self, size):
        # Repeats while there is room, from a network as large as the limit allows.
        yield self.library.sode_network_refine, self.network._pointer, b"linear", self.out()

    def sode_network_load_memory(self, size):
        for data in models(size):
            yield self.library.sode_network_load_memory, data, len(data), self.out()

    def sode_network_load(self, size):
        for data in models(size):
            yield self.library.sode_network_load, self.file("model", data), self.out()

    def sode_trainer_load(self, size):
        for data in models(size):
            yield self.library.sode_trainer_load, self.file("checkpoint", data), self.out(), self.out()

    def sode_dataset_create(self, size):
        for shape in ((size, 2), (2, size), (size, size)):
            yield self.library.sode_dataset_create, self.tensor(*shape), self.tensor(shape[0], kind=(0, 32)), self.out()
            yield self.library.sode_dataset_create, self.tensor(*shape), self.tensor(shape[0], 2), self.out()

    def sode_dataset_retain(self, size):
        from stableode._structures import ReleaseFunction

        # Retained features take no memory, but reading all of them takes time proportional to their number.
        labels = self.tensor(size, kind=(0, 32))
        yield self.library.sode_dataset_retain, self.tensor(size, 2), labels, ReleaseFunction(), None, self.out()

    def sode_stream_create(self, size):
        from stableode._structures import NextFunction, SourceData

        source = SourceData(next=NextFunction(lambda batch, user_data: 0))
        self.keep.append(source)
        yield self.library.sode_stream_create, self.ctypes.byref(source), size, self.out()

    def sode_stream_create_arrow(self, size):
        import stableode
        from stableode._structures import OpenFunction, ReleaseFunction

        columns, function = stableode.Columns.from_record({}), OpenFunction(lambda stream, user_data: 0)
        self.keep.append((columns, function))
        yield self.library.sode_stream_create_arrow, function, ReleaseFunction(), None, columns._pointer, size, self.out()

    def sode_table_from_tensor(self, size):
        from stableode._structures import ReleaseFunction

        yield self.library.sode_table_from_tensor, self.tensor(size, 2), ReleaseFunction(), None, self.out()

    def sode_table_from_csr(self, size):
        from stableode._structures import ReleaseFunction

        for starts, count, columns in ((size, 2, 2), (2, size, 2), (2, 2, size)):
            vectors = self.tensor(starts, kind=(0, 64)), self.tensor(count, kind=(0, 64)), self.tensor(count)
            yield self.library.sode_table_from_csr, columns, *vectors, ReleaseFunction(), None, self.out()

    def sode_columns_create_json(self, size):
        for text in ("[" * size, '{"inputs": [' + '{"name": "x"},' * (size // 14)) if 0 < size <= 2**22 else ("[",):
            yield self.library.sode_columns_create_json, text.encode(), len(text), self.out()

    def sode_columns_fit(self, size):
        table = self.ctypes.c_void_p()
        from stableode._structures import ReleaseFunction

        self.library.sode_table_from_tensor(self.tensor(4, 2), ReleaseFunction(), None, self.ctypes.byref(table))
        for text in ("[" * size, '{"ignore": [' + '"x",' * (size // 4)) if 0 < size <= 2**22 else ("[",):
            yield self.library.sode_columns_fit, table, None, text.encode(), len(text), self.out()

    def sode_dataset_load_idx(self, size):
        clamped = min(max(size, 0), 2**32 - 1)
        header = struct.pack(">IIII", 0x803, clamped, clamped, clamped)
        for data in (header, gzip.compress(header)):
            path = self.file("idx", data)
            yield self.library.sode_dataset_load_idx, path, path, self.out()

    def sode_dataset_load_cifar(self, size):
        import ctypes

        for data in (bytes(3073), gzip.compress(bytes(3073 * 5000)), bytes(1)):
            paths = (ctypes.c_char_p * 1)(self.file("cifar", data))
            yield self.library.sode_dataset_load_cifar, paths, max(size, 2), min(max(size, -(2**31)), 2**31 - 1), self.out()
            yield self.library.sode_dataset_load_cifar, paths, -size, 10, self.out()

    def sode_dataset_create_problem(self, size):
        for name in (b"ellipses", b"swiss_roll", b"peaks"):
            yield self.library.sode_dataset_create_problem, name, size, 10, 1, self.out(), self.out()
            yield self.library.sode_dataset_create_problem, name, 10, size, 1, self.out(), self.out()

    def sode_dataset_slice(self, size):
        yield self.library.sode_dataset_slice, self.dataset._pointer, 0, size, self.out()
        yield self.library.sode_dataset_slice, self.dataset._pointer, size, size, self.out()

    def sode_dataset_weighted(self, size):
        yield self.library.sode_dataset_weighted, self.dataset._pointer, self.tensor(size), self.out()

    def sode_dataset_fold(self, size):
        yield self.library.sode_dataset_fold, self.dataset._pointer, size, 0, 1, self.out(), self.out()
        yield self.library.sode_dataset_fold, self.dataset._pointer, 2, size, 1, self.out(), self.out()

    def sode_predictor_create(self, size):
        for network in (self.network, self.adaptive):
            yield self.library.sode_predictor_create, network._pointer, size, 1, self.out()
            yield self.library.sode_predictor_create, network._pointer, size, 16, self.out()
            yield self.library.sode_predictor_create, network._pointer, 1, size, self.out()

    def sode_gradient_create(self, size):
        for network in (self.network, self.adaptive):
            for memory in (None, b"store_all", b"binomial"):
                yield self.library.sode_gradient_create, network._pointer, size, memory, 1, self.out()
                yield self.library.sode_gradient_create, network._pointer, size, memory, 2, self.out()
                yield self.library.sode_gradient_create, network._pointer, 1, memory, size, self.out()

    def sode_network_stability_report(self, size):
        yield self.library.sode_network_stability_report, self.network._pointer, self.tensor(size, 2), None, 0, self.out()
        for key in options("stability_report"):
            text = json.dumps({key: size}).encode()
            yield self.library.sode_network_stability_report, self.network._pointer, self.tensor(1, 2), text, len(text), self.out()

    def sode_network_mechanics(self, size):
        yield self.library.sode_network_mechanics, self.network._pointer, self.tensor(size, 2), None, self.tensor(size, 2), None, None, 0, self.out()
        yield self.library.sode_network_mechanics, self.network._pointer, self.tensor(1, 2), None, self.tensor(1, 2), self.tensor(size, size), None, 0, self.out()

    def sode_network_check_derivatives(self, size):
        yield self.library.sode_network_check_derivatives, self.network._pointer, self.tensor(size, 2), self.out()

    def sode_trainer_refine(self, size):
        yield self.library.sode_trainer_refine, self.trainer._pointer, b"copy", self.out(), self.out()

    def sode_multilevel_run(self, size):
        if size != 2**16 and size != 2**18:  # levels that can be trained: only the memory limit refuses them, after training
            data = self.dataset._pointer
            yield self.library.sode_multilevel_run, self.trainer._pointer, size, b"copy", data, data, None, self.out(), self.out()


def models(size):
    """Small model files that claim this size for the header, a tensor, or a network."""
    specification = {"inputs": 2, "outputs": 2, "width": 2, "blocks": [{"layers": 3}]}

    def model(specification, tensors, data=b""):
        metadata = {"format": "stableode", "format_version": "1", "library_version": "0.1.0", "specification": json.dumps(specification)}
        header = json.dumps({"__metadata__": metadata, **tensors}).encode()
        return struct.pack("<Q", len(header)) + header + data

    yield struct.pack("<q", size) + b"{}"
    tensor = {"dtype": "F32", "shape": [size], "data_offsets": [0, max(size, 0) * 4]}
    yield model(specification, {"blocks.0.K": tensor})
    yield model(specification, {"blocks.0.K": {**tensor, "shape": [size] * 8}})
    for key in ("layers", "basis_count", "checkpoints", "recorded_steps"):
        for base in BASES:
            yield model({**specification, "blocks": [{**{k: v for k, v in base.items() if k in options("block")}, key: size}]}, {})
    if 0 < size < 2**24:
        block = {"layers": min(size, 1000000), "weights_in_time": "polynomial", "basis_count": 4}
        yield model({**specification, "blocks": [block] * 1024}, {})
    if 0 < size <= 2**20:
        yield model(specification, {f"t{index}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for index in range(size // 16)})


CASES = {name for name in vars(Calls) if name.startswith("sode_")}


def main(name, mode, folder):
    import time

    import stableode
    from stableode._errors import StableODEError

    def resident(field):
        return next(int(line.split()[1]) for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith(field)) << 10

    calls = Calls(folder)
    calls.limited = mode == "limited"
    if calls.limited:
        stableode.set_memory_limit(LIMIT)
    for size in SIZES:
        if 0 < size < 2**40 and not calls.limited and name not in OF_ANY_SIZE:
            continue
        for function, *arguments in getattr(calls, name)(size):
            pathlib.Path("/proc/self/clear_refs").write_text("5")
            before, start = resident("VmHWM"), time.process_time()
            try:
                status, message = function(*arguments), ""
                status = 0 if status is None else int(getattr(status, "value", status))
            except StableODEError as error:
                status, message = error.code, str(error)
            row = {
                "call": name, "size": size, "status": status, "message": message[:300], "seconds": time.process_time() - start,
                "grown": resident("VmHWM") - before, "held": stableode.memory_usage()[0] if status >= 0 and calls.limited else 0,
                "arguments": repr(arguments[1])[:200],
            }
            print(json.dumps(row))
            for argument in arguments:
                handle = getattr(argument, "_obj", None)
                if isinstance(handle, calls.ctypes.c_void_p) and handle.value:
                    kind = "report" if name in REPORTS else "trainer" if "trainer" in name or "multilevel" in name else name.split("_")[1]
                    free = "network" if argument is arguments[-2] and kind == "trainer" else kind
                    getattr(calls.library, f"sode_{free}_free")(handle)


if __name__ == "__main__":
    main(*sys.argv[1:])
