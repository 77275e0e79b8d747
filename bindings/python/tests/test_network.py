"""Networks: creation, description, parameters, copies and files."""

import copy
import ctypes
import gc
import inspect
import json
import math
import pickle
import threading
import time
import weakref

import numpy
import pytest

import stableode
from stableode import _tensor, _text
from stableode._library import library
from stableode._model import CLASSES


def test_keywords_are_the_options(make_network):
    network = make_network(gamma=0.25, precision="float64")
    specification = network.specification
    assert specification["inputs"] == 3 and specification["outputs"] == 4
    assert specification["blocks"][0]["gamma"] == 0.25
    assert network.dtype == numpy.float64
    assert (network.inputs, network.outputs, network.block_count) == (3, 4, 1)


def test_several_blocks():
    network = stableode.Network(
        inputs=2,
        outputs=3,
        width=4,
        blocks=[{"field": "antisymmetric", "layers": 2}, {"field": "hamiltonian", "integrator": "verlet", "layers": 5}],
    )
    assert network.block_count == 2
    assert network.states(numpy.zeros((1, 2)), block=0).shape == (3, 1, 4)
    assert network.states(numpy.zeros((1, 2)), block=1).shape[:2] == (6, 1)


def test_signature_shows_every_option_with_its_default():
    parameters = inspect.signature(stableode.Network).parameters
    for scope in ("network", "block"):
        for key, option in stableode.options(scope).items():
            default = inspect.Parameter.empty if option.required else None if option.automatic else option.default
            assert parameters[key].default == default


def test_misspelt_keyword_gives_the_nearest_name():
    with pytest.raises(stableode.UnknownNameError, match="integrator"):
        stableode.Network(inputs=2, outputs=2, integratr="euler")
    with pytest.raises(stableode.UnknownNameError, match="antisymmetric"):
        stableode.Network(inputs=2, outputs=2, field="antisymetric")


@pytest.mark.parametrize(
    "value, error", [("long", TypeError), (math.nan, ValueError), (math.inf, ValueError), (1j, TypeError), (-1.0, ValueError)]
)
def test_bad_option_values_name_the_option(value, error):
    with pytest.raises(error, match="horizon") as caught:
        stableode.Network(inputs=2, outputs=2, horizon=value)
    assert isinstance(caught.value, stableode.StableODEError)


def test_numpy_scalars_are_options():
    network = stableode.Network(inputs=numpy.int32(2), outputs=numpy.int64(3), horizon=numpy.float32(0.5))
    assert network.specification["blocks"][0]["horizon"] == 0.5


def test_json_round_trip(network):
    again = stableode.Network.from_json(network.specification_json)
    assert again.specification == network.specification
    assert numpy.array_equal(again.parameter_vector, network.parameter_vector)  # the same seed


def test_json_errors_name_the_place():
    with pytest.raises(stableode.InvalidArgumentError, match="line 1, column 14: expected a key"):
        stableode.Network.from_json('{"inputs": 2,, }')
    with pytest.raises(TypeError, match="specification is a dict"):
        stableode.Network.from_json({"inputs": 2})


def test_parameters_are_a_mapping(network):
    parameters = network.parameters
    assert len(parameters) == len(list(parameters)) > 0
    assert "blocks.0.K" in parameters and "nothing" not in parameters
    assert parameters.get("nothing") is None
    assert parameters["blocks.0.K"].shape == (6, 5, 5) == parameters.shapes["blocks.0.K"]
    assert sum(array.size for array in parameters.values()) == network.parameter_count


def test_reading_a_parameter_gives_a_copy(network):
    kernel = network.parameters["blocks.0.K"]
    kernel[:] = 0
    assert numpy.any(network.parameters["blocks.0.K"])


@pytest.mark.parametrize("convert", [numpy.asarray, lambda a: a.astype("float64"), lambda a: a.tolist(), numpy.asfortranarray])
def test_setting_a_parameter(network, convert):
    wanted = numpy.arange(150, dtype="float32").reshape(6, 5, 5) / 64
    network.parameters["blocks.0.K"] = convert(wanted)
    assert numpy.array_equal(network.parameters["blocks.0.K"], wanted)


def test_setting_a_parameter_wrongly_changes_nothing(network):
    before = network.parameter_vector
    with pytest.raises(stableode.ShapeMismatchError, match="blocks.0.K"):
        network.parameters["blocks.0.K"] = numpy.zeros((6, 5, 4))
    with pytest.raises(KeyError, match="blocks.0.K"):
        network.parameters["blocks.0.k"] = numpy.zeros((6, 5, 5))
    with pytest.raises(stableode.NotFiniteError, match="blocks.0.K: value holds NaN or infinity at row 0, column 0"):
        network.parameters["blocks.0.K"] = numpy.full((6, 5, 5), numpy.nan)
    assert numpy.array_equal(network.parameter_vector, before)


def test_vector_and_split(network):
    vector = network.parameter_vector
    pieces = network.split(vector)
    assert all(numpy.array_equal(pieces[name], array) for name, array in network.parameters.items())
    network.parameter_vector = vector * 2
    assert numpy.array_equal(network.parameter_vector, vector * 2)
    with pytest.raises(stableode.ShapeMismatchError, match=r"\[203\]; it must be \[204\]"):
        network.parameter_vector = vector[:-1]


def test_initialize_depends_on_the_seed_alone(network):
    first = network.parameter_vector
    network.initialize(8)
    assert not numpy.array_equal(network.parameter_vector, first)
    network.initialize(7)
    assert numpy.array_equal(network.parameter_vector, first)


@pytest.mark.parametrize("seed, error", [(-1, ValueError), (2**64, ValueError), (0.5, TypeError)])
def test_seeds_do_not_wrap(network, seed, error):
    with pytest.raises(error, match="seed is"):
        network.initialize(seed)


def test_normalization_acts_on_the_features(network, batch):
    features = batch[0]
    plain = network.scores((features - 0.5) * 2)
    assert network.normalization is None
    network.normalization = 0.5, 2.0
    shift, scale = network.normalization
    assert shift.tolist() == [0.5] * 3 and scale.tolist() == [2.0] * 3
    numpy.testing.assert_allclose(network.scores(features), plain, rtol=1e-5, atol=1e-6)  # one rounding each
    network.normalization = numpy.zeros(3), [1, 2, 4]
    assert network.normalization[1].tolist() == [1, 2, 4]
    network.normalization = None
    assert network.normalization is None
    numpy.testing.assert_allclose(network.scores((features - 0.5) * 2), plain, rtol=0, atol=0)


def test_wrong_normalization(network):
    with pytest.raises(stableode.ShapeMismatchError, match="shift has shape"):
        network.normalization = numpy.zeros(2), numpy.ones(2)
    with pytest.raises(ValueError, match="argument 2 is longer"):
        network.normalization = (1.0,)


def test_predictions_agree_with_each_other(network, batch):
    scores = network.scores(batch[0])
    probabilities = network.predict_proba(batch[0])
    exponentials = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    # float32 softmax of 4 scores: a few rounding errors of 6e-8 each
    numpy.testing.assert_allclose(probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), rtol=2e-6)
    classes = network.predict(batch[0])
    assert classes.dtype == numpy.int64
    assert numpy.array_equal(classes, scores.argmax(axis=1))


def test_least_squares_predicts_values(make_network, batch):
    network = make_network(loss="least_squares")
    assert numpy.array_equal(network.predict(batch[0]), network.scores(batch[0]))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("field, integrator", [("antisymmetric", "euler"), ("hamiltonian", "verlet"), ("dense", "euler")])
def test_one_sample_batches_and_threads_give_the_same_bits(make_network, precision, field, integrator):
    network = make_network(precision=precision, field=field, integrator=integrator)
    features = numpy.random.default_rng(0).standard_normal((150, 3))
    scores = network.scores(features)
    assert scores.dtype == precision
    assert numpy.array_equal(network.scores(features, threads=2), scores)
    assert numpy.array_equal(numpy.concatenate([network.scores(features[i : i + 1]) for i in range(150)]), scores)
    assert numpy.array_equal(numpy.concatenate([network.scores(features[:37]), network.scores(features[37:])]), scores)


def test_states_of_the_euler_antisymmetric_network(make_network):
    # [HR] equation 4.12 in NumPy: y + h·tanh(½(K − Kᵀ − γI)y + b), zero-padded input, in float64.
    network = make_network(precision="float64", gamma=0.1)
    features = numpy.random.default_rng(2).standard_normal((8, 3))
    states = network.states(features)
    assert states.shape == (7, 8, 5) and states.dtype == numpy.float64
    y, h = numpy.concatenate([features, numpy.zeros((8, 2))], axis=1), 1.0 / 6
    parameters = network.parameters
    for layer, (kernel, bias) in enumerate(zip(parameters["blocks.0.K"], parameters["blocks.0.b"])):
        numpy.testing.assert_allclose(states[layer], y, rtol=1e-13, atol=1e-13)
        y = y + h * numpy.tanh(y @ (0.5 * (kernel - kernel.T - 0.1 * numpy.eye(5))).T + bias)
    numpy.testing.assert_allclose(states[6], y, rtol=1e-13, atol=1e-13)
    scores = y @ parameters["readout.W"].T + parameters["readout.b"]
    numpy.testing.assert_allclose(network.scores(features), scores, rtol=1e-12, atol=1e-12)


def test_states_errors(network, batch):
    with pytest.raises(stableode.OutOfRangeError, match="block is 1; it must be between 0 and 0"):
        network.states(batch[0], block=1)
    with pytest.raises(TypeError, match="block"):
        network.states(batch[0], block="0")


def test_evaluate_agrees_with_predictions(network, batch):
    features, labels = batch
    result = network.evaluate(features, labels)
    probabilities = network.predict_proba(features).astype("float64")
    assert result["samples"] == 20
    assert result["accuracy"] == numpy.mean(network.predict(features) == labels)
    # the mean of 20 float32 losses
    assert result["loss"] == pytest.approx(-numpy.log(probabilities[numpy.arange(20), labels]).mean(), rel=1e-5)
    assert network.evaluate(stableode.Dataset(features, labels), threads=2) == result


def test_evaluate_wants_data(network, batch):
    with pytest.raises(stableode.InvalidArgumentError, match="Dataset, or features and targets"):
        network.evaluate(batch[0])
    with pytest.raises(stableode.InvalidArgumentError, match="has its own"):
        network.evaluate(stableode.Dataset(*batch), batch[1])


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_saving_keeps_every_bit(make_network, tmp_path, batch, precision):
    network = make_network(precision=precision)
    network.normalization = 0.5, 2.0
    path = tmp_path / "größe model.safetensors"
    network.save(path)
    for again in (stableode.Network.load(path), stableode.Network.load(str(path)), stableode.Network.from_bytes(path.read_bytes())):
        assert again.specification == network.specification
        assert numpy.array_equal(again.parameter_vector, network.parameter_vector)
        assert numpy.array_equal(again.scores(batch[0]), network.scores(batch[0]))
    assert network.to_bytes() == path.read_bytes()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]  # no temporary file is left


def test_the_model_file_is_safetensors(network, tmp_path):
    data = network.to_bytes()
    length = int.from_bytes(data[:8], "little")
    described = json.loads(data[8 : 8 + length])
    entry = described["blocks.0.K"]
    assert entry["dtype"] == "F32" and entry["shape"] == [6, 5, 5]
    start, end = (8 + length + offset for offset in entry["data_offsets"])
    kernel = numpy.frombuffer(data[start:end], "<f4").reshape(6, 5, 5)
    assert numpy.array_equal(kernel, network.parameters["blocks.0.K"])


def test_file_errors(network, tmp_path):
    with pytest.raises(OSError, match="missing"):
        stableode.Network.load(tmp_path / "missing")
    with pytest.raises(OSError, match="No such file or directory"):
        network.save(tmp_path / "no folder" / "model")
    data = network.to_bytes()
    for spoiled in (b"", data[:-1], data[: len(data) // 2], b"PK" + data[2:], data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]):
        with pytest.raises(stableode.FileFormatError, match="cut short|damaged|no model file"):
            stableode.Network.from_bytes(spoiled)
    with pytest.raises(ValueError, match="zero byte"):
        network.save("model\0.bin")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n)), stableode.Network.copy])
def test_copies_are_equal_and_independent(network, batch, duplicate):
    network.normalization = 0.5, 2.0
    other = duplicate(network)
    assert numpy.array_equal(other.scores(batch[0]), network.scores(batch[0]))
    before = network.parameter_vector
    other.initialize(99)
    assert numpy.array_equal(network.parameter_vector, before)


def test_subclasses_stay_subclasses(batch):
    class Mine(stableode.Network):
        pass

    mine = Mine(inputs=3, outputs=4)
    assert type(mine.copy()) is Mine and type(Mine.from_bytes(mine.to_bytes())) is Mine


def test_closing(make_network):
    with make_network() as network:
        assert not network.closed
    assert network.closed
    network.close()
    with pytest.raises(stableode.InvalidHandleError, match="network is closed"):
        network.inputs
    with pytest.raises(stableode.InvalidHandleError, match="network is closed"), network:
        pass
    assert repr(network) == "Network(closed)"


def test_children_outlive_a_closed_network(make_network, batch):
    network = make_network()
    expected = network.scores(batch[0])
    predictor = stableode.Predictor(network)
    network.close()
    assert numpy.array_equal(predictor.scores(batch[0]), expected)


def test_garbage_is_freed(make_network):
    gc.collect()
    before = stableode.memory_usage()[0]
    network = make_network(width=64, layers=50)
    assert stableode.memory_usage()[0] > before
    watcher = weakref.ref(network)
    del network
    gc.collect()
    assert watcher() is None and stableode.memory_usage()[0] == before


def test_many_threads_read_one_network(network):
    features = numpy.random.default_rng(0).standard_normal((500, 3)).astype("float32")
    expected, wrong = network.scores(features), []

    def read():
        for _ in range(20):
            if not numpy.array_equal(network.scores(features), expected):
                wrong.append(1)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_repr(network):
    assert repr(network) == f"Network(3 inputs, 4 outputs, antisymmetric of width 5, 6 layers, euler, {network.parameter_count} parameters, float32)"


def test_predict_parses_nothing_and_costs_little_more_than_the_librarys_work(monkeypatch):
    network = stableode.Network(inputs=2, outputs=5, width=4, layers=4)
    row = numpy.zeros((1, 2), "float32")
    network.predict(row)
    monkeypatch.setattr(_text.json, "loads", None)
    monkeypatch.setattr(_text.json, "dumps", None)
    x, (_, y) = _tensor.tensor_of(row, "features"), _tensor.output(1, "int64")
    call = library.sode_network_predict
    arguments = network._pointer, ctypes.byref(x), CLASSES, 1, ctypes.byref(y)

    def cost(function, *arguments):
        best = float("inf")
        for _ in range(20):
            start = time.thread_time()
            for _ in range(500):
                function(*arguments)
            best = min(best, (time.thread_time() - start) / 500)
        return best

    # Measured: 4 µs in Python around the call; parsing the specification would take 50 µs.
    assert cost(network.predict, row) - cost(call, *arguments) < 12e-6


class Counting:
    """Stands for the library and notes the functions that are called."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        function = getattr(library, name)

        def call(*arguments):
            self.calls.append(name)
            return function(*arguments)

        return call


def test_a_prediction_is_one_call_of_the_library(network, batch, monkeypatch):
    network.predict(batch[0][:1])
    counting = Counting()
    monkeypatch.setattr(stableode.network, "library", counting)
    monkeypatch.setattr(stableode._model, "library", counting)
    network.predict(batch[0][:1])
    network.predict_proba(batch[0][:1])
    assert counting.calls == ["sode_network_predict"] * 2


def test_texts_in_messages_may_hold_anything(make_trainer=stableode.Trainer):
    trainer = make_trainer(stableode.Network(inputs=2, outputs=2))
    with pytest.raises(stableode.StableODEError, match="adamw"):
        trainer.set(optimizer="adam\0")


@pytest.mark.parametrize("options", [{}, {"field": "hamiltonian", "integrator": "verlet"}, {"integrator": "leapfrog"}, {"precision": "float64"}])
def test_final_states_are_the_last_of_all(options):
    network = stableode.Network(inputs=3, outputs=2, width=4, layers=5, seed=1, **options)
    features = numpy.random.default_rng(1).standard_normal((300, 3))
    everything = network.states(features)
    assert numpy.array_equal(network.final_states(features), everything[-1])
    other = numpy.empty(everything.shape[1:], "float64")
    assert numpy.array_equal(network.final_states(features, out=other[::-1]), everything[-1]) and numpy.array_equal(other, everything[-1][::-1])
    with pytest.raises(stableode.ShapeMismatchError, match="samples, state width"):
        network.final_states(features, out=numpy.empty((3, 4)))
    features[7] = numpy.nan
    with pytest.raises(stableode.StableODEError, match="row 7"):
        network.final_states(features)
