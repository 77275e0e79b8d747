"""Plots: what is drawn, on which Axes, and the error without matplotlib."""

import subprocess
import sys
import warnings

import matplotlib
import numpy
import pytest

import stableode
from stableode import plots, trajectories

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of a backend without a screen)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def trained():
    training, validation = stableode.Dataset.problem("peaks", 300, 60)
    network = stableode.Network(inputs=2, outputs=5, width=6, layers=8, horizon=2.0, seed=1)
    history = network.fit(training, validation=validation, epochs=4, learning_rate=0.02)
    return network, history, validation.features, validation.targets


def test_training_curves(trained):
    _, history, _, _ = trained
    axes = history.plot()
    assert [line.get_label() for line in axes.lines][:2] == ["training loss", "validation loss"]
    assert list(axes.lines[0].get_ydata()) == list(history.training_loss) and list(axes.lines[0].get_xdata()) == [1, 2, 3, 4]
    kept = axes.lines[2]
    assert kept.get_xdata()[0] == history.best.epoch and kept.get_ydata()[0] == history.best.validation_loss
    assert len(history.plot("accuracy").lines) == 3 and len(history.plot("learning_rate").lines) == 1
    assert len(history.plot(["objective", "work"]).lines) == 2
    with pytest.raises(AttributeError, match="no column 'los'"):
        history.plot("los")
    with pytest.raises(stableode.StateError, match="no epoch"):
        stableode.History([], "ok").plot()


def test_the_given_axes_are_used_and_nothing_is_shown(trained, monkeypatch):
    network, history, features, targets = trained
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("show was called"))
    _, axes = plt.subplots()
    figures = plt.get_fignums()
    assert history.plot(ax=axes) is axes
    assert network.plot_trajectories(features, targets, ax=axes) is axes
    assert network.plot_decision_regions(features, targets, ax=axes) is axes
    assert network.plot_hidden(features, ax=axes) is axes
    assert plt.get_fignums() == figures


def test_decision_regions_are_the_predictions(trained):
    network, _, features, targets = trained
    axes = network.plot_decision_regions(features, targets, resolution=21)
    image = axes.images[0]
    left, right, bottom, top = image.get_extent()
    grid = numpy.stack(numpy.meshgrid(numpy.linspace(left, right, 21), numpy.linspace(bottom, top, 21)), axis=-1).reshape(-1, 2)
    colors = stableode.plots._axes.colors(5)[network.predict(grid)][:, :3].reshape(21, 21, 3)
    assert (image.get_array()[..., :3] == colors).all()
    assert sum(len(points.get_offsets()) for points in axes.collections) == len(features)


def test_regions_of_many_features_lie_in_a_plane_through_the_mean(network, batch):
    features, targets = batch
    axes = network.plot_decision_regions(features, axes_of=(2, 0), names=["a", "b", "c", "d"])
    assert axes.get_xlabel() == "$x_{3}$" and axes.get_ylabel() == "$x_{1}$"
    for wrong, error in [((0, 0), stableode.InvalidArgumentError), ((0, 3), stableode.OutOfRangeError)]:
        with pytest.raises(error, match="axes_of"):
            network.plot_decision_regions(features, axes_of=wrong)
    with pytest.raises(stableode.ShapeMismatchError, match="features"):
        network.plot_decision_regions(features[:, :2])
    with pytest.raises(stableode.ShapeMismatchError, match="targets"):
        network.plot_decision_regions(features, targets[:3])
    with pytest.raises(stableode.ShapeMismatchError, match="3 names"):
        network.plot_decision_regions(features, names=["a", "b", "c"])


def test_trajectories_begin_and_end_with_the_states(trained):
    network, _, features, targets = trained
    axes = network.plot_trajectories(features, targets)
    ways = numpy.concatenate([part.get_segments() for part in axes.collections if hasattr(part, "get_segments")])
    assert ways.shape == (len(features), 9, 2)
    # The plane is an orthonormal projection, so no way is longer than that of the states.
    states = network.states(features).astype("float64")
    lengths = numpy.sort(numpy.linalg.norm(numpy.diff(ways, axis=1), axis=2).sum(axis=1))
    real = numpy.sort(numpy.linalg.norm(numpy.diff(states, axis=0), axis=2).sum(axis=0))
    assert (lengths <= real * (1 + 1e-6)).all() and lengths.max() > 0.1
    assert len(axes.images) == 1


@pytest.mark.parametrize("options", [
    {"loss": "least_squares", "outputs": 1}, {"loss": "logistic", "outputs": 1}, {"field": "hamiltonian", "width": 4, "integrator": "verlet"},
    {"integrator": "linear_multistep"}, {"inputs": 1, "width": 1}, {"readout": "identity", "outputs": 4, "width": 4},
    {"blocks": [{"layers": 3}, {"layers": 2}]},
])
def test_trajectories_of_other_networks(make_network, options):
    network = make_network(**({} if "blocks" not in options else dict(layers=2)), **options)
    features = numpy.random.default_rng(1).standard_normal((7, network.inputs))
    axes = network.plot_trajectories(features)
    assert len(axes.images) == (options.get("loss") != "least_squares" and options.get("readout") != "identity")
    network.plot_trajectories(features, block=0)


def test_multistep_weights(make_network):
    network = make_network(integrator="linear_multistep", blocks=[{"layers": 4}, {"layers": 3, "multistep_shape": "per_channel"}])
    axes = network.plot_k()
    first, second = axes.lines[:2]
    assert list(first.get_xdata()) == [2, 3, 4] and (first.get_ydata() == network.parameters["blocks.0.k"][:, 0]).all()
    assert list(second.get_xdata()) == [6, 7] and len(axes.collections) == 1
    with pytest.raises(stableode.IncompatibleError, match="linear_multistep"):
        make_network().plot_k()
    # Residual blocks as Lu et al. count them: the first of each stage has no k.
    axes = stableode.Network(architecture="lm_resnet_20", input_shape=[1, 4, 4], outputs=2).plot_k()
    assert [place for line in axes.lines[:3] for place in line.get_xdata()] == [2, 3, 5, 6, 8, 9]


def test_hidden_states(make_network):
    image = stableode.Network(input_shape=[2, 4, 5], outputs=2, blocks=[{"operator": "convolution", "integrator": "linear_multistep", "layers": 9}])
    axes = image.plot_hidden(numpy.random.default_rng(0).standard_normal((3, 2, 4, 5)), sample=2)
    assert axes.images[0].get_array().shape == (8 * 5 - 1, 2 * 6 - 1)
    axes = make_network().plot_hidden(numpy.ones((2, 3)), layers=[0, 6])
    assert axes.images[0].get_array().shape == (2, 5)
    for wrong in ({"sample": 2}, {"layers": [7]}, {"layers": []}, {"block": 1}):
        with pytest.raises(stableode.OutOfRangeError, match=next(iter(wrong))):
            make_network().plot_hidden(numpy.ones((2, 3)), **wrong)


def test_least_squares_has_no_regions(make_network):
    with pytest.raises(stableode.IncompatibleError, match="least_squares"):
        make_network(loss="least_squares").plot_decision_regions(numpy.zeros((2, 3)))


def test_without_matplotlib_one_sentence_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import numpy, stableode\n"
        "network = stableode.Network(inputs=2, outputs=2, integrator='linear_multistep')\n"
        "points = numpy.zeros((3, 2))\n"
        "calls = [lambda: network.plot_k(), lambda: network.plot_hidden(points), lambda: network.plot_trajectories(points),\n"
        "         lambda: network.plot_decision_regions(points), lambda: network.fit(points, [0, 1, 0], epochs=1).plot()]\n"
        "for call in calls:\n"
        "    try: call()\n"
        "    except ModuleNotFoundError as error: print(error)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.splitlines() == ["a plot needs matplotlib, which is not installed: pip install matplotlib"] * 5, shown.stderr


@pytest.mark.parametrize("options", [{}, {"integrator": "rk4"}, {"integrator": "leapfrog"}, {"field": "hamiltonian", "integrator": "verlet"}, {"integrator": "tsit5"}])
def test_stability_reports(options):
    network = stableode.Network(inputs=2, outputs=2, width=3, layers=5, seed=1, **options)
    report = network.stability_report([[0.5, -0.3], [1.0, 0.2]])
    shown = report.plot(sample=1)
    assert shown.shape == (3,) and shown[1].get_yscale() == "log"
    if options.get("integrator") == "tsit5":
        with pytest.raises(stableode.IncompatibleError, match="steps of its own"):
            report.plot_region()
        assert "steps of its own" in shown[0].texts[0].get_text()
    else:
        points = report.plot_region(sample=1).collections[-1].get_offsets()
        power = 2 if options.get("integrator") == "leapfrog" else 1
        eigenvalues = 0.2**power * report.eigenvalues[1]
        numpy.testing.assert_allclose(numpy.sort(points[:, 0]), numpy.sort(eigenvalues.real.ravel()), atol=1e-6)
    lines = shown[1].lines
    assert len(lines) == report.singular_values.shape[2] + 1 and list(lines[0].get_xdata()) == list(report.singular_depths)
    height = shown[2].lines[0].get_ydata()
    assert len(height) == 6 and height[0] == (0 if numpy.isfinite(report.energy_change).all() else pytest.approx(report.state_norms[1, 0, 0]))
    _, axes = plt.subplots()
    assert stableode.plots.energy(report, ax=axes) is axes and stableode.plots.singular_values(report, ax=axes) is axes
    with pytest.raises(stableode.OutOfRangeError, match="sample"):
        report.plot(sample=2)
    plain = network.stability_report([[0.5, -0.3]], singular_values=0, region_points=0)
    with pytest.raises(stableode.IncompatibleError, match="singular_values was 0"):
        stableode.plots.singular_values(plain)


def test_tables_and_names_of_columns_and_classes():
    from stableode._command.arrow import ArrowTable

    ages, kinds = numpy.arange(12.0), ["cat", "dog"] * 6
    table = ArrowTable({"age": ages, "color": ["red", "blue", "red"] * 4, "size": ages**2})
    network = stableode.Network(inputs=4, outputs=2, width=4, layers=2)
    network.fit(stableode.Dataset(table, kinds), epochs=1)
    axes = network.plot_decision_regions(table, kinds, axes_of=("size", "age"), resolution=5)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("size", "age")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["cat", "dog"]
    assert axes.get_xlim()[1] > 121 and network.plot_decision_regions(table, axes_of=(0, 3), resolution=5).get_ylabel() == "size"
    assert network.plot_trajectories(table, kinds) is not None and network.plot_hidden(table, sample=2) is not None
    for wrong in ("color", "weight"):
        with pytest.raises(stableode.UnknownNameError, match="the columns of numbers are age, size"):
            network.plot_decision_regions(table, axes_of=(wrong, "age"))
    with pytest.raises(stableode.UnknownNameError, match="'cow', which is none of the classes cat, dog"):
        network.plot_trajectories(table, ["cow"] * 12)


def test_wide_states_are_drawn_by_small_matrices(monkeypatch):
    """The states of images have thousands of numbers: no matrix of products of all of them is made."""
    network = stableode.Network(input_shape=[1, 28, 28], outputs=3, blocks=[{"operator": "convolution", "layers": 2}])
    sizes, eigh = [], numpy.linalg.eigh
    monkeypatch.setattr(numpy.linalg, "eigh", lambda matrix: sizes.append(len(matrix)) or eigh(matrix))
    images = numpy.random.default_rng(0).standard_normal((400, 1, 28, 28))
    network.plot_trajectories(images[:20], numpy.arange(20) % 3)
    blocks = [{"operator": "convolution", "layers": 2}, {"connector": "convolution", "channels": 2}, {"operator": "convolution", "layers": 2}]
    stableode.Network(input_shape=[1, 28, 28], outputs=3, blocks=blocks).plot_trajectories(images, numpy.arange(400) % 3, block=0)
    assert 20 in sizes and max(sizes) <= 1000


@pytest.mark.parametrize("shape", [(50, 4), (4, 50), (1200, 6)])
def test_principal_directions(shape):
    from stableode.plots.trajectories import _principal_directions

    rows = numpy.random.default_rng(0).standard_normal(shape) * 2.0 ** -numpy.arange(shape[1])
    rows -= rows.mean(axis=0)
    _, _, expected = numpy.linalg.svd(rows)
    found = _principal_directions(rows)
    assert numpy.abs(numpy.abs((found[:2] * expected[:2]).sum(axis=1)) - 1).max() < 1e-9


def test_fitted_fields_of_dates_from_files(tmp_path):
    times = numpy.linspace(0, 6, 30)
    dates = numpy.datetime64("2024-03-01") + (1000 * times).round().astype("timedelta64[ms]")
    table = {"series": [1] * 30, "time": dates, "q": numpy.cos(times), "p": -numpy.sin(times)}
    trajectories.fit(table, hidden_width=8, epochs=20, seed=1).save(tmp_path / "field")
    model = trajectories.load(tmp_path / "field")
    states = numpy.stack([table["q"], table["p"]], axis=1)
    axes = stableode.plots.rollout(model, dates, states, until=numpy.datetime64("2024-03-01T00:00:08"))
    assert axes.lines[0].get_xdata()[-1] == numpy.datetime64("2024-03-01T00:00:08") and axes.get_legend_handles_labels()[1] == ["q", "p"]
    assert stableode.plots.phase_portrait(model, states).get_xlabel() == "q"
    with pytest.raises(stableode.InvalidDataError, match="give states or limits"):
        stableode.plots.phase_portrait(model)
    assert stableode.plots.phase_portrait(model, limits=((-1, 1), (-1, 1))).get_ylabel() == "p"


def test_fitted_fields_and_series():
    times = numpy.linspace(0, 6, 30)
    states = numpy.stack([numpy.cos(times), -numpy.sin(times)], axis=1)
    model = trajectories.fit(times, states, hidden_width=8, epochs=20, seed=1)
    axes = stableode.plots.phase_portrait(model, states)
    assert axes.get_xlabel() == "$y_1$" and len(axes.collections) >= 2
    axes = stableode.plots.rollout(model, times, states, until=8.0)
    followed = axes.lines[0]
    assert followed.get_xdata()[-1] == 8.0 and numpy.allclose(followed.get_ydata(), model.rollout(states[0], followed.get_xdata())[:, 0])
    # Where the first numbers are missing, the fit begins with the first ones that there are, and so does the plot.
    without = numpy.where(numpy.arange(30)[:, None] == [0, 1], numpy.nan, states)
    axes = stableode.plots.rollout(model, times, without)
    assert axes.lines[0].get_ydata()[0] == pytest.approx(states[1, 0]) and axes.lines[1].get_ydata()[0] == pytest.approx(states[0, 1])
    with pytest.raises(stableode.InvalidDataError, match="number 1 of its state is never observed"):
        stableode.plots.rollout(model, times, numpy.where([True, False], states, numpy.nan))
    # Trajectories of different lengths, as the fit takes them.
    dots = stableode.plots.phase_portrait(model, [states, without[:7]]).collections[-1]
    assert len(dots.get_offsets()) == 30 + 5
    with pytest.raises(stableode.ShapeMismatchError, match="states has 3 numbers"):
        stableode.plots.phase_portrait(model, numpy.zeros((4, 3)))
    three = trajectories.fit(times, numpy.concatenate([states, states[:, :1]], axis=1), hidden_width=4, epochs=2)
    with pytest.raises(stableode.IncompatibleError, match="shows 2"):
        stableode.plots.phase_portrait(three)
    network = stableode.Network(opening="sequence", inputs=6, outputs=2, width=3, layers=6, field="antisymmetric_rnn")
    axes = stableode.plots.series(network, numpy.ones((2, 6)), sample=1)
    assert numpy.allclose(axes.lines[1].get_ydata(), network.states(numpy.ones((1, 6)), 0)[:, 0, 1])
    with pytest.raises(stableode.IncompatibleError, match="no series"):
        stableode.plots.series(stableode.Network(inputs=6, outputs=2), numpy.ones((2, 6)))


TIMES = numpy.linspace(0, 2, 8)
OSCILLATION = numpy.stack([numpy.cos(TIMES), -numpy.sin(TIMES)], axis=1)


@pytest.fixture(scope="module")
def oscillator():
    return trajectories.fit(TIMES, OSCILLATION, field="dense", activation="identity", bias="none", epochs=5, seed=1)


@pytest.mark.parametrize(
    "draw, error, text",
    [
        (lambda m: plots.phase_portrait(m, OSCILLATION * numpy.nan), stableode.InvalidDataError, "no state is whole"),
        (lambda m: plots.phase_portrait(m, numpy.zeros((0, 2))), stableode.ShapeMismatchError, "states has shape"),
        (lambda m: plots.phase_portrait(m, [[-1e308, 0], [1e308, 1]]), stableode.InvalidDataError, "too far for a plane"),
        (lambda m: plots.phase_portrait(m, limits=((1, 0), (0, 1))), stableode.InvalidArgumentError, "left < right and low < high"),
        (lambda m: plots.phase_portrait(m, limits=((0, 0), (0, 1))), stableode.InvalidArgumentError, "left < right and low < high"),
        (lambda m: plots.phase_portrait(m, limits=((0, numpy.inf), (0, 1))), stableode.InvalidArgumentError, "finite numbers"),
        (lambda m: plots.phase_portrait(m, limits=(0, 1)), stableode.InvalidArgumentError, "limits are"),
        (lambda m: plots.phase_portrait(m, limits="ab"), stableode.UnsupportedTypeError, "limits must be"),
        (lambda m: plots.phase_portrait(m.network), stableode.UnsupportedTypeError, "model is a Network; it must be a TrajectoryModel"),
        (lambda m: plots.rollout(m, TIMES, OSCILLATION, until=numpy.inf), stableode.InvalidDataError, "until is NaN or infinite"),
        (lambda m: plots.rollout(m, TIMES, OSCILLATION, until="noon"), stableode.UnsupportedTypeError, "until holds texts"),
        (lambda m: plots.rollout(m, TIMES, OSCILLATION, until=-5.0), stableode.InvalidDataError, "until is -5, before the first time"),
        (lambda m: plots.rollout(m, TIMES, OSCILLATION, until=[1.0, 2.0]), stableode.ShapeMismatchError, "until has shape"),
        (lambda m: plots.rollout(m, TIMES[::-1], OSCILLATION), stableode.InvalidDataError, "times must not descend"),
        (lambda m: plots.rollout(m, TIMES, OSCILLATION, initial_state=[1.0]), stableode.ShapeMismatchError, "initial_state has shape"),
        (lambda m: plots.rollout(m, TIMES, numpy.ma.masked_less(OSCILLATION, 0)), stableode.UnsupportedTypeError, "states is a masked array"),
        (lambda m: plots.series(None, OSCILLATION), stableode.UnsupportedTypeError, "network is a NoneType; it must be a Network"),
        (lambda m: plots.trajectories(m, OSCILLATION), stableode.UnsupportedTypeError, "network is a TrajectoryModel; it must be a Network"),
        (lambda m: plots.stability_region(None), stableode.UnsupportedTypeError, "report is a NoneType; it must be a StabilityReport"),
        (lambda m: plots.energy(m), stableode.UnsupportedTypeError, "report is a TrajectoryModel; it must be a StabilityReport"),
        (lambda m: plots.singular_values(3), stableode.UnsupportedTypeError, "report is a int"),
        (lambda m: plots.stability(None), stableode.UnsupportedTypeError, "report is a NoneType"),
        (lambda m: plots.training_curves(None), stableode.UnsupportedTypeError, "history is a NoneType; it must be a History"),
        (lambda m: plots.training_curves([1, 2]), stableode.UnsupportedTypeError, "history is a list; it must be a History"),
        (lambda m: plots.multistep_weights(None), stableode.UnsupportedTypeError, "network is a NoneType"),
    ],
)
def test_plots_of_fits_say_what_is_wrong(oscillator, draw, error, text):
    count = len(plt.get_fignums())
    with warnings.catch_warnings(), pytest.raises(error, match=text):
        warnings.simplefilter("error")
        draw(oscillator)
    assert len(plt.get_fignums()) == count


def test_a_roll_out_is_drawn_until_the_time_that_is_asked_for(oscillator):
    lines = plots.rollout(oscillator, TIMES, OSCILLATION, until=1.0).lines
    assert lines[0].get_xdata()[-1] == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.series(oscillator.network, numpy.full((1, 10), 1e300))


def test_known_terms_of_dates_are_drawn_at_the_first_date():
    dates = numpy.datetime64("2024-03-01") + (1000 * TIMES).round().astype("timedelta64[ms]")
    known = trajectories.KnownTerms(lambda t, y: numpy.stack([y[:, 1], -y[:, 0]], axis=1), lambda t, y: numpy.array([[0.0, 1.0], [-1.0, 0.0]]))
    model = trajectories.fit(dates, OSCILLATION, known=known, field="dense", epochs=2, seed=1)
    assert plots.phase_portrait(model).get_xlabel() == "$y_1$"
