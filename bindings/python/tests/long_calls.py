"""Calls of all functions of the header that can take long, for test_interruption.py: each with arguments that make it long."""

import ctypes
import gzip
import itertools
import struct

import numpy

import stableode
from stableode import _structures
from stableode._arrow import _CAPSULE_POINTER, Table
from stableode._library import library
from stableode._tensor import output, tensor_of

CANCELLED = 2


# Functions that only read, copy or free objects, or set numbers; with the reason where it is not obvious.
PROMPT = {
    "sode_failed_row_count", "sode_failed_row_at",
    "sode_network_set_metadata", "sode_network_get_metadata", "sode_network_metadata_count", "sode_network_metadata_at",
    "sode_trainer_get_int", "sode_trainer_get_real", "sode_trainer_get_text", "sode_trainer_json",
    "sode_version_number", "sode_version_text", "sode_build_info", "sode_status_name", "sode_status_text", "sode_last_error_message", "sode_last_error_number",
    "sode_specification_create", "sode_specification_set_int", "sode_specification_set_real", "sode_specification_set_text",
    "sode_specification_set_json", "sode_specification_add_block", "sode_specification_json", "sode_specification_free",
    "sode_specification_set_feed_forward",
    "sode_network_copy",  # shares the parameters
    "sode_network_json", "sode_network_describe", "sode_network_parameter_at", "sode_network_free",
    # Copies at the speed of memory, which tick but must not be left incomplete.
    "sode_network_set_normalization", "sode_network_get_normalization", "sode_network_set_squashing", "sode_network_get_squashing", "sode_network_set_target_scaling", "sode_network_get_target_scaling", "sode_dataset_get", "sode_dataset_get_weights",
    "sode_dataset_slice", "sode_dataset_describe", "sode_dataset_free",
    "sode_table_from_tensor", "sode_table_describe", "sode_table_column_at", "sode_table_free",
    "sode_columns_create_json", "sode_columns_json", "sode_columns_describe", "sode_columns_class_at", "sode_columns_free",  # a text of at most 1 MB
    "sode_dataset_with_columns", "sode_dataset_get_columns", "sode_network_set_columns", "sode_network_get_columns",
    "sode_trainer_create", "sode_trainer_set_int", "sode_trainer_set_real", "sode_trainer_set_text", "sode_trainer_set_json",
    "sode_trainer_set_callback", "sode_trainer_set_class_weights", "sode_trainer_set_loss", "sode_trainer_set_metric",
    "sode_trainer_history_count", "sode_trainer_history_at", "sode_trainer_free", "sode_stream_create", "sode_stream_create_arrow", "sode_stream_free",
    "sode_cancel_token_create", "sode_cancel_token_request", "sode_cancel_token_reset", "sode_cancel_token_free", "sode_set_thread_limits",
    "sode_stepper_describe", "sode_stepper_reset", "sode_stepper_get_state", "sode_stepper_set_state", "sode_stepper_free", "sode_network_state_extents", "sode_network_visible_extents", "sode_network_state_shape", "sode_predictor_free", "sode_gradient_bytes", "sode_gradient_set_loss", "sode_gradient_report", "sode_network_set_known_terms",
    "sode_gradient_free", "sode_network_memory_plan", "sode_network_block_memory",
    "sode_gradient_create", "sode_predictor_create", "sode_stepper_create",  # scratch memory, whose pages the system provides on first access
    "sode_certificate_verdict", "sode_certificate_number", "sode_certificate_json", "sode_certificate_free",  # the text was made with the certificate
    "sode_registry_count", "sode_registry_at", "sode_option_count", "sode_option_at",
    "sode_report_json", "sode_report_array_count", "sode_report_array_at", "sode_report_get_array", "sode_report_free",  # of few samples
    "sode_set_allocator", "sode_set_memory_limit", "sode_memory_usage", "sode_reset_memory_peak",
}  # fmt: skip


def rows(count, columns, dtype="float32"):
    """A large array that needs almost no memory: one row repeated with stride 0."""
    row = numpy.random.default_rng(3).standard_normal((1, columns)).astype(dtype)
    return numpy.broadcast_to(row, (count, columns))


class World:
    """The objects that the long calls work on."""

    samples, inputs, outputs = 40_000, 20, 4
    options = dict(inputs=20, outputs=4, width=64, field="antisymmetric", integrator="euler", layers=400, horizon=1.0, seed=1)
    adaptive = dict(options, width=32, layers=8, integrator="dopri5", relative_tolerance=1e-6, horizon=200.0)
    #: A network with 20 million parameters, which are drawn when it is made.
    wide = dict(options, width=1000, layers=20)
    #: A network with 2 million parameters.
    large = dict(options, width=300, layers=22)

    def __init__(self, folder):
        random = numpy.random.default_rng(1)
        self.folder = folder
        self.x = random.standard_normal((self.samples, self.inputs)).astype("float32")
        self.y = random.integers(0, self.outputs, self.samples)
        self.data = stableode.Dataset(self.x, self.y)
        self.network = stableode.Network(**self.options)
        self.trainer = stableode.Trainer(self.network, num_threads=1, batch_size=self.samples)
        self.gradient = stableode.Gradient(self.network, self.samples)
        self.predictor = stableode.Predictor(self.network, self.samples)
        self.scores, self.scores_tensor = output((self.samples, self.outputs), "float32")
        self.features = tensor_of(self.x, "features")
        self.targets = tensor_of(self.y, "targets")
        self.parameters, self.parameters_tensor = output((self.network.parameter_count,), "float32")
        self.parameters[:] = 1e-3


LONG, SWIFT = {}, {}


def long(name, calls=LONG):
    """Registers a long call of the C function `name`: the decorated function takes the world and returns the call."""

    def keep(make):
        calls[name] = make
        return make

    return keep


def swift(name):
    """The same for work at the speed of memory, which is long only for gigabytes: the call may finish although its token was requested before."""
    return long(name, SWIFT)


def ref(structure):
    return ctypes.byref(structure)


def created():
    return ctypes.c_void_p()


@long("sode_network_create_json")
def _(world):
    return lambda: stableode.Network(**World.wide)


@long("sode_network_certify")
def _(world):
    return lambda network=stableode.Network(**dict(World.wide, layers=60)): network.certify("lipschitz_l2")


@long("sode_network_repair")
def _(world):
    return lambda network=stableode.Network(inputs=8, outputs=4, width=512, field="gradient_flow", layers=4, horizon=400.0): network.repair("non_expansive")


@long("sode_network_certified_radius")
def _(world):
    return lambda: world.network.certified_radius(rows(2_000_000, 20))


@long("sode_network_create")
def _(world):
    specification, pointer = created(), created()
    library.sode_specification_create(ref(specification))
    for key, value in World.wide.items():
        if isinstance(value, str):
            library.sode_specification_set_text(specification, key.encode(), value.encode())
        elif isinstance(value, float):
            library.sode_specification_set_real(specification, key.encode(), value)
        else:
            library.sode_specification_set_int(specification, key.encode(), value)
    return lambda: library.sode_network_create(specification, ref(pointer))


@long("sode_network_initialize")
def _(world):
    wide = stableode.Network(**World.wide)
    return lambda: library.sode_network_initialize(wide._pointer, 5)


@long("sode_network_fit_normalization")
def _(world):
    data = _borrowed(rows(4_000_000, 20))
    network = stableode.Network(**World.options)
    return lambda: library.sode_network_fit_normalization(network._pointer, data)


#: Arrays that data sets borrow.
HELD = []


def _borrowed(features):
    """A data set over an array, all of whose samples are of class 1."""
    labels = numpy.broadcast_to(numpy.ones(1, "int8"), (len(features),))
    x, y, pointer = tensor_of(features, "features"), tensor_of(labels, "targets"), created()
    HELD.extend([features, labels])
    library.sode_dataset_retain(ref(x), ref(y), _structures.ReleaseFunction(0), None, ref(pointer))
    return pointer


class Batches:
    """A producer of Arrow's interface that gives one batch again and again."""

    def __init__(self, batches, rows=65536):
        import pyarrow

        random = numpy.random.default_rng(4)
        columns = {"age": random.standard_normal(rows), "city": pyarrow.array(numpy.array(["Ulm", "Bonn"])[random.integers(0, 2, rows)]), "y": random.integers(0, 4, rows)}
        self.batch = pyarrow.record_batch(columns)
        self.reader = pyarrow.RecordBatchReader.from_batches(self.batch.schema, itertools.repeat(self.batch, batches))

    def __arrow_c_stream__(self, requested_schema=None):
        return self.reader.__arrow_c_stream__()


def _table(batches=400):
    return Table(Batches(batches), "table")


@long("sode_table_from_stream")
def _(world):
    capsule, pointer = Batches(20_000).__arrow_c_stream__(), created()
    HELD.append(capsule)
    return lambda: library.sode_table_from_stream(_CAPSULE_POINTER(capsule, b"arrow_array_stream"), ref(pointer))


@swift("sode_table_from_array")
def _(world):
    import pyarrow

    count = 50_000_000
    texts = pyarrow.Array.from_buffers(pyarrow.string(), count, [None, pyarrow.py_buffer(numpy.zeros(count + 1, "int32")), pyarrow.py_buffer(b"")])

    def call():
        schema, array = texts.__arrow_c_array__()
        library.sode_table_from_array(_CAPSULE_POINTER(schema, b"arrow_schema"), _CAPSULE_POINTER(array, b"arrow_array"), ref(created()))

    return call


@long("sode_table_from_csr")
def _(world):
    count = 40_000_000
    starts, indices = numpy.arange(count + 1, dtype="int32"), numpy.broadcast_to(numpy.int32(0), (count,))
    tensors = [tensor_of(starts, "starts"), tensor_of(indices, "indices"), tensor_of(numpy.broadcast_to(numpy.float32(1), (count,)), "values")]
    HELD.extend(tensors)
    pointer = created()
    return lambda: library.sode_table_from_csr(1, *map(ref, tensors), _structures.ReleaseFunction(0), None, ref(pointer))


@long("sode_columns_fit")
def _(world):
    table, pointer, options = _table(), created(), b'{"target": "y"}'
    return lambda: library.sode_columns_fit(table._pointer, None, options, len(options), ref(pointer))


@long("sode_dataset_from_table")
def _(world):
    table, pointer = _table(), created()
    columns = stableode.Columns.fit(table, target="y")
    return lambda: library.sode_dataset_from_table(table._pointer, None, columns._pointer, 1, ref(pointer))


@long("sode_trainer_run_stream")
def _(world):
    trainer = stableode.Trainer(stableode.Network(**World.options), num_threads=1, batch_size=world.samples, epochs=1)
    stream = stableode.Stream(lambda: itertools.repeat((world.x, world.y), 20), buffer=world.samples)
    HELD.extend([trainer, stream])

    def run():
        if library.sode_trainer_run_stream(trainer._pointer, stream._pointer, None, None) == CANCELLED:
            raise stableode.CancelledError

    return run


@long("sode_network_predict_table")
def _(world):
    table = Table(world.x, "table")
    return lambda: library.sode_network_predict_table(world.network._pointer, table._pointer, 0, 1, ref(world.scores_tensor))


@long("sode_dataset_create")
def _(world):
    x, y = tensor_of(rows(4_000_000, 20), "features"), tensor_of(numpy.broadcast_to(numpy.int8(1), (4_000_000,)), "targets")
    return lambda: library.sode_dataset_create(ref(x), ref(y), ref(created()))


@swift("sode_dataset_retain")
def _(world):
    features = rows(2_000_000, 20)
    return lambda: _borrowed(features)


@long("sode_dataset_load_idx")
def _(world):
    images, labels = world.folder / "images.gz", world.folder / "labels.gz"
    count = 100_000
    with gzip.open(images, "wb", compresslevel=1) as file:
        file.write(struct.pack(">IIII", 0x803, count, 28, 28) + numpy.random.default_rng(1).integers(0, 30, count * 784, dtype="uint8").tobytes())
    with gzip.open(labels, "wb") as file:
        file.write(struct.pack(">II", 0x801, count) + bytes(count))
    paths = str(images).encode(), str(labels).encode()
    return lambda: library.sode_dataset_load_idx(*paths, ref(created()))


@long("sode_dataset_load_cifar")
def _(world):
    path = world.folder / "cifar.gz"
    count = 20_000
    images = numpy.random.default_rng(1).integers(0, 30, (count, 3073), dtype="uint8")
    images[:, 0] = 3
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(images.tobytes())
    paths = (ctypes.c_char_p * 1)(str(path).encode())
    return lambda: library.sode_dataset_load_cifar(paths, 1, 10, ref(created()))


@long("sode_dataset_create_problem")
def _(world):
    return lambda: library.sode_dataset_create_problem(b"peaks", 10_000_000, 5, 1, ref(created()), ref(created()))


@swift("sode_dataset_weighted")
def _(world):
    data = _borrowed(rows(2_000_000, 1))
    weights = tensor_of(numpy.broadcast_to(numpy.int32(1), (2_000_000,)), "weights")
    return lambda: library.sode_dataset_weighted(data, ref(weights), ref(created()))


@long("sode_dataset_fold")
def _(world):
    data = _borrowed(rows(4_000_000, 20))
    return lambda: library.sode_dataset_fold(data, 5, 0, 1, ref(created()), ref(created()))


@long("sode_trainer_run")
def _(world):
    def run():
        status = library.sode_trainer_run(world.trainer._pointer, world.data._pointer, None, None)
        if status == CANCELLED:
            raise stableode.CancelledError

    return run


@long("sode_trainer_find_learning_rate")
def _(world):
    value = ctypes.c_double()
    return lambda: library.sode_trainer_find_learning_rate(world.trainer._pointer, world.data._pointer, 1e-6, 1.0, 100, None, ref(value))


@long("sode_multilevel_run")
def _(world):
    def run():
        network, trainer = created(), created()
        status = library.sode_multilevel_run(
            world.trainer._pointer, 800, b"linear", world.data._pointer, None, None, ref(network), ref(trainer)
        )
        if status == CANCELLED:
            raise stableode.CancelledError

    return run


@swift("sode_network_get_parameters")
def _(world):
    network = stableode.Network(**World.large)
    HELD.append(output((network.parameter_count,), "float64"))
    return lambda: library.sode_network_get_parameters(network._pointer, ref(HELD[-1][1]))


@swift("sode_network_set_parameters")
def _(world):
    network = stableode.Network(**World.large)
    HELD.append(tensor_of(numpy.zeros(network.parameter_count), "values"))
    return lambda: library.sode_network_set_parameters(network._pointer, ref(HELD[-1]))


@swift("sode_network_get_parameter")
def _(world):
    network = stableode.Network(**World.large)
    HELD.append(output(network.parameters["blocks.0.K"].shape, "float32"))
    return lambda: library.sode_network_get_parameter(network._pointer, b"blocks.0.K", ref(HELD[-1][1]))


@swift("sode_network_set_parameter")
def _(world):
    network = stableode.Network(**World.large)
    HELD.append(tensor_of(numpy.zeros(network.parameters["blocks.0.K"].shape), "value"))
    return lambda: library.sode_network_set_parameter(network._pointer, b"blocks.0.K", ref(HELD[-1]))


def _relaxation():
    network = stableode.Network(inputs=20, outputs=4, width=300, field="linear_activation", integrator="near_identity", layers=22)
    return network, tensor_of(numpy.zeros((22, 300, 300)), "weights"), tensor_of(numpy.zeros((22, 300)), "biases")


@swift("sode_network_get_feed_forward")
def _(world):
    network, weights, biases = _relaxation()
    return lambda: library.sode_network_get_feed_forward(network._pointer, 0, ref(weights), ref(biases))


@swift("sode_network_set_feed_forward")
def _(world):
    network, weights, biases = _relaxation()
    return lambda: library.sode_network_set_feed_forward(network._pointer, 0, ref(weights), ref(biases))


@swift("sode_trainer_refine")
def _(world):
    trainer = stableode.Trainer(stableode.Network(**World.large))
    return lambda: library.sode_trainer_refine(trainer._pointer, b"linear", ref(created()), ref(created()))


@swift("sode_network_refine")
def _(world):
    return lambda network=stableode.Network(**World.large): library.sode_network_refine(network._pointer, b"linear", ref(created()))


def _images():
    """A network of images with 2 million parameters."""
    return stableode.Network(input_shape=[1, 8, 8], outputs=4, width=128, field="antisymmetric", operator="convolution", layers=14)


@long("sode_network_fold_norms")  # products of large matrices, and passes over memory that the system provides on first access
def _(world):
    return lambda network=stableode.Network(inputs=3, outputs=4, width=2800, field="gradient_flow", steps="tight", layers=1): network.fold_norms()


@swift("sode_network_prolong_images")
def _(world):
    return lambda network=_images(): library.sode_network_prolong_images(network._pointer, ref(created()))


@swift("sode_network_restrict_images")
def _(world):
    return lambda network=_images(): library.sode_network_restrict_images(network._pointer, ref(created()))


@swift("sode_network_project")
def _(world):
    network = stableode.Network(**dict(World.options, layers=2000))
    text = b'{"layers": 1500}'
    return lambda: library.sode_network_project(network._pointer, text, len(text), ref(created()))


@swift("sode_network_save")
def _(world):
    network, path = stableode.Network(**World.large), str(world.folder / "wide.safetensors").encode()
    return lambda: library.sode_network_save(network._pointer, path)


@swift("sode_network_save_memory")
def _(world):
    network, needed = stableode.Network(**World.large), ctypes.c_size_t()
    return lambda: library.sode_network_save_memory(network._pointer, None, 0, ref(needed))


@swift("sode_network_load")
def _(world):
    path = world.folder / "large.safetensors"
    stableode.Network(**World.large).save(path)
    encoded = str(path).encode()
    return lambda: library.sode_network_load(encoded, ref(created()))


@swift("sode_network_load_memory")
def _(world):
    path = world.folder / "large.safetensors"
    if not path.exists():
        stableode.Network(**World.large).save(path)
    content = path.read_bytes()
    return lambda: library.sode_network_load_memory(content, len(content), ref(created()))


@swift("sode_trainer_save")
def _(world):
    trainer, path = stableode.Trainer(stableode.Network(**World.large)), str(world.folder / "wide.checkpoint").encode()
    return lambda: library.sode_trainer_save(trainer._pointer, path)


@swift("sode_trainer_load")
def _(world):
    path = world.folder / "large.checkpoint"
    trainer = stableode.Trainer(stableode.Network(**World.large), num_threads=1, epochs=1, optimizer="sgd")
    trainer.run((world.x[:1], world.y[:1]))
    trainer.save(path)
    encoded = str(path).encode()
    return lambda: library.sode_trainer_load(encoded, ref(created()), ref(created()))


@long("sode_network_evaluate")
def _(world):
    result = _structures.EvaluationData()
    return lambda: library.sode_network_evaluate(world.network._pointer, world.data._pointer, 1, ref(result))


@long("sode_network_evaluate_weighted")
def _(world):
    result, weighted = _structures.EvaluationData(), world.data.weighted(numpy.ones(len(world.data)))
    return lambda: library.sode_network_evaluate_weighted(world.network._pointer, weighted._pointer, 1, ref(result))


@long("sode_network_metrics")
def _(world):
    # The forward pass is short; ranking the scores takes long.
    network = stableode.Network(inputs=20, outputs=2, width=20, layers=1)
    data = _borrowed(numpy.random.default_rng(1).standard_normal((1_000_000, 20), dtype="float32"))
    _, values = output((1,), "float64")
    return lambda: library.sode_network_metrics(network._pointer, data, 1, b"auc", ref(values))


@long("sode_network_metrics_weighted")
def _(world):
    network = stableode.Network(inputs=20, outputs=2, width=20, layers=1)
    data = _borrowed(numpy.random.default_rng(1).standard_normal((1_000_000, 20), dtype="float32"))
    weights, weighted = tensor_of(numpy.ones(1_000_000), "weights"), created()
    library.sode_dataset_weighted(data, ref(weights), ref(weighted))
    _, values = output((1,), "float64")
    return lambda: library.sode_network_metrics_weighted(network._pointer, weighted, 1, b"average_precision", ref(values))


@long("sode_network_confusion")
def _(world):
    counts = tensor_of(numpy.zeros((4, 4), "int64"), "counts")
    return lambda: library.sode_network_confusion(world.network._pointer, world.data._pointer, 1, ref(counts))


@long("sode_network_class_figures")
def _(world):
    _, figures = output((4, 4), "float64")
    return lambda: library.sode_network_class_figures(world.network._pointer, world.data._pointer, 1, ref(figures))


@long("sode_network_predict")
def _(world):
    return lambda: library.sode_network_predict(world.network._pointer, ref(world.features), 0, 1, ref(world.scores_tensor))


@long("sode_predictor_run")
def _(world):
    return lambda: library.sode_predictor_run(world.predictor._pointer, ref(world.features), 0, ref(world.scores_tensor))


@long("sode_predictor_run_f32")
def _(world):
    return lambda: library.sode_predictor_run_f32(world.predictor._pointer, world.x.ctypes.data, world.samples, 0, world.scores.ctypes.data)


@long("sode_predictor_run_f64")
def _(world):
    x, scores = world.x.astype("float64"), numpy.empty((world.samples, world.outputs))
    return lambda: library.sode_predictor_run_f64(world.predictor._pointer, x.ctypes.data, world.samples, 0, scores.ctypes.data)


@long("sode_network_states")
def _(world):
    network = stableode.Network(**dict(World.options, layers=40))
    _, states = output((41, world.samples, 64), "float32")
    return lambda: library.sode_network_states(network._pointer, 0, ref(world.features), ref(states))


def _analyzed(name, *arguments, **options):
    """A call that makes a report of a network along 50 samples."""
    network, pointer = stableode.Network(**dict(World.options, **options)), created()
    samples = tensor_of(numpy.random.default_rng(5).standard_normal((50, World.inputs)).astype("float32"), "features")
    return lambda: getattr(library, name)(network._pointer, ref(samples), *arguments, ref(pointer))


LABELS = tensor_of(numpy.zeros(50, "int64"), "targets")
long("sode_network_stability_report")(lambda world: _analyzed("sode_network_stability_report", None, 0))
long("sode_network_mechanics")(lambda world: _analyzed("sode_network_mechanics", ref(LABELS), None, None, None, 0))
long("sode_network_check_derivatives")(lambda world: _analyzed("sode_network_check_derivatives", width=256, layers=100))


@long("sode_gradient_run")
def _(world):
    loss = ctypes.c_double()
    return lambda: library.sode_gradient_run(world.gradient._pointer, ref(world.features), ref(world.targets), ref(loss), ref(world.parameters_tensor))


@long("sode_gradient_pullback")
def _(world):
    cotangent = tensor_of(numpy.ones((world.samples, world.outputs), "float32"), "cotangent")
    return lambda: library.sode_gradient_pullback(world.gradient._pointer, ref(world.features), ref(cotangent), ref(world.parameters_tensor), None)


@long("sode_gradient_pushforward")
def _(world):
    return lambda: library.sode_gradient_pushforward(
        world.gradient._pointer, ref(world.features), ref(world.parameters_tensor), None, None, ref(world.scores_tensor)
    )


@long("sode_gradient_curvature")
def _(world):
    product, tensor = output(world.parameters.shape, "float32")
    return lambda: library.sode_gradient_curvature(
        world.gradient._pointer, b"gauss_newton", ref(world.features), ref(world.targets), ref(world.parameters_tensor), ref(tensor)
    )


@long("sode_network_solve")
def _(world):
    network = stableode.Network(**World.adaptive)
    return lambda: library.sode_network_solve(network._pointer, 0, ref(world.features), None, None, None, None, None, None, None)


@long("sode_network_solve_from")
def _(world):
    network = stableode.Network(**World.adaptive)
    starts = tensor_of(numpy.full(len(world.features.array), 1e-3), "start_times")
    return lambda: library.sode_network_solve_from(
        network._pointer, 0, ref(world.features), None, ref(starts), None, None, None, None, None, None, None
    )


@long("sode_network_solve_rows_or_nan")
def _(world):
    network = stableode.Network(**World.adaptive)
    return lambda: library.sode_network_solve_rows_or_nan(network._pointer, 0, ref(world.features), *[None] * 9)


@long("sode_network_near_identity_gap")
def _(world):
    network = stableode.Network(inputs=20, outputs=4, width=64, field="linear_activation", integrator="near_identity", layers=100)
    gap = _structures.NearIdentityGapData()
    return lambda: library.sode_network_near_identity_gap(network._pointer, 0, ref(world.features), ref(gap))
