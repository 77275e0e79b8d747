"""Predictors."""

import threading

import numpy
import pytest

import stableode


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("method", ["predict", "predict_proba", "scores"])
@pytest.mark.parametrize("samples", [1, 5, 20])
def test_the_same_bits_as_the_network(make_network, precision, method, samples):
    network = make_network(precision=precision)
    features = numpy.random.default_rng(3).standard_normal((samples, 3))
    expected = getattr(network, method)(features)
    with stableode.Predictor(network, 32) as predictor:
        for given in (features, features.astype(precision), numpy.asfortranarray(features), features.tolist()):
            if precision == "float32":
                expected = getattr(network, method)(given)
            result = getattr(predictor, method)(given)
            assert result.dtype == expected.dtype and numpy.array_equal(result, expected)
        out = numpy.zeros_like(expected)
        assert getattr(predictor, method)(features, out=out) is out
        assert numpy.array_equal(out, getattr(network, method)(features))


def test_parameters_are_those_of_its_making(network, batch):
    predictor = stableode.Predictor(network, 32)
    before = network.scores(batch[0])
    network.initialize(99)
    assert numpy.array_equal(predictor.scores(batch[0]), before)


def test_errors(network, batch):
    predictor = stableode.Predictor(network, 8)
    with pytest.raises(stableode.OutOfRangeError, match="samples is 20; this predictor was made for at most 8"):
        predictor.scores(batch[0])
    with pytest.raises(stableode.OutOfRangeError, match="features has 20 samples; this object was made for at most 8"):
        predictor.scores(batch[0].astype("float64"))
    with pytest.raises(stableode.ShapeMismatchError, match="inputs of the network"):
        predictor.scores(batch[0][:4, :2])
    with pytest.raises(ValueError, match="max_batch is 0; it must be between 1"):
        stableode.Predictor(network, 0)
    with pytest.raises(TypeError, match="max_batch"):
        stableode.Predictor(network, 1.5)
    predictor.close()
    with pytest.raises(stableode.InvalidHandleError, match="predictor is closed"):
        predictor.scores(batch[0])


def test_one_predictor_a_thread(network):
    features = numpy.random.default_rng(0).standard_normal((64, 3)).astype("float32")
    expected, wrong = network.scores(features), []

    def work():
        predictor = stableode.Predictor(network, 64)
        wrong.extend(i for i in range(200) if not numpy.array_equal(predictor.scores(features), expected))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
