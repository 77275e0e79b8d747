"""Runs the reference workloads with JAX's scan, and the neural ODE W7 with diffrax; stableode-benchmarks sends requests line by line: python jax_scan.py FOLDER f32|f64 (see Peer.swift)."""

import os
import pathlib
import sys
import time

THREADS = len(os.sched_getaffinity(0))
if THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1" if sys.argv[2] == "f64" else "0"

import jax  # noqa: E402  (the environment above must come first)
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

FOLDER = pathlib.Path(sys.argv[1])
REAL = numpy.float64 if sys.argv[2] == "f64" else numpy.float32
#       step size, damping (None: Hamiltonian), step batch, epoch batch
MODELS = {"W1": (5 / 64, 0.1, 5000, 128), "W2": (0.05, 0.1, 256, 256), "W3": (0.05, None, 256, 256), "W4": (0.125, 0.1, 128, 128), "W8": (1e-3, 0.1, 64, None)}


def load(name):
    arrays = {path.stem: numpy.load(path) for path in (FOLDER / name).glob("*.npy")}
    features, labels = arrays.pop("X"), arrays.pop("y")
    features = features.astype(REAL) / REAL(255) if features.dtype == numpy.uint8 else features.astype(REAL)
    width = arrays["K"].shape[-1]
    if "Ws" not in arrays:
        features = numpy.pad(features, ((0, 0), (0, width - features.shape[1])))
    return {key: jnp.asarray(value.astype(REAL)) for key, value in arrays.items()}, jnp.asarray(features), jnp.asarray(labels.astype(numpy.int32))


def operators(weights, damping):
    return weights if damping is None else 0.5 * (weights - jnp.swapaxes(weights, -1, -2) - damping * jnp.eye(weights.shape[-1], dtype=weights.dtype))


def scores(parameters, matrices, batch, step_size, damping):
    state = batch @ parameters["Ws"] + parameters["bs"] if "Ws" in parameters else batch

    def euler(state, layer):
        return state + step_size * jnp.tanh(state @ layer[0] + layer[1]), None

    def verlet(pair, layer):
        state, momentum = pair
        momentum = momentum - step_size * jnp.tanh(state @ layer[0] + layer[1])
        return (state + step_size * jnp.tanh(momentum @ layer[0].T + layer[1]), momentum), None

    layers = (matrices, parameters["b"])
    if damping is None:
        (state, _), _ = jax.lax.scan(verlet, (state, jnp.zeros_like(state)), layers)
    else:
        state, _ = jax.lax.scan(euler, state, layers)
    return state @ parameters["Wc"] + parameters["bc"]


def adam(parameters, moments, gradient, rate=1e-3, first=0.9, second=0.999, epsilon=1e-8):
    count, means, squares = moments
    count = count + 1
    means = jax.tree.map(lambda m, g: first * m + (1 - first) * g, means, gradient)
    squares = jax.tree.map(lambda s, g: second * s + (1 - second) * g * g, squares, gradient)

    def update(parameter, mean, square):
        return parameter - rate * (mean / (1 - first**count)) / (jnp.sqrt(square / (1 - second**count)) + epsilon)

    return jax.tree.map(update, parameters, means, squares), (count, means, squares)


def neural_ode(what):
    """W7: dopri5 with rtol = atol = 1e-5 and one step size for the batch; fwd, or the gradient of mean(y(1)²) through the steps."""
    import diffrax

    arrays = {path.stem: jnp.asarray(numpy.load(path).astype(REAL)) for path in (FOLDER / "W7").glob("*.npy")}
    start = arrays.pop("X")
    parameters = {name: value[0] for name, value in arrays.items()}

    def field(_, state, weights):
        return jnp.tanh(state @ weights["W1"] + weights["b1"]) @ weights["W2"] + weights["b2"]

    def solve(weights):
        control = diffrax.PIDController(rtol=1e-5, atol=1e-5)
        solution = diffrax.diffeqsolve(diffrax.ODETerm(field), diffrax.Dopri5(), 0.0, 1.0, None, start, weights, stepsize_controller=control)
        return solution.ys[-1]

    run = jax.jit(solve if what == "fwd" else jax.value_and_grad(lambda weights: (solve(weights) ** 2).mean()))
    return lambda: jax.block_until_ready(run(parameters))


def prepare(name, what):
    """A function without arguments that makes one run and waits for it, and its first result."""
    if name == "W7":
        return neural_ode(what)
    step_size, damping, step_batch, epoch_batch = MODELS[name]
    parameters, features, labels = load(name)

    def loss(parameters, batch, targets):
        given = jax.nn.log_softmax(scores(parameters, operators(parameters["K"], damping), batch, step_size, damping))
        return -jnp.take_along_axis(given, targets[:, None], 1).mean()

    if what.startswith("infer"):
        rows = int(what[5:])
        batch = jnp.tile(features, (-(-rows // len(features)), 1))[:rows]
        matrices = operators(parameters["K"], damping)
        forward = jax.jit(lambda parameters, matrices, batch: scores(parameters, matrices, batch, step_size, damping))
        return lambda: jax.block_until_ready(forward(parameters, matrices, batch))
    if what == "step":
        gradient = jax.jit(jax.value_and_grad(loss))
        batch, targets = features[:step_batch], labels[:step_batch]
        return lambda: jax.block_until_ready(gradient(parameters, batch, targets))

    def train(parameters, moments, features, labels, rows):
        return adam(parameters, moments, jax.grad(loss)(parameters, features[rows], labels[rows]))

    train = jax.jit(train, donate_argnums=(0, 1))
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = [parameters, (jnp.zeros((), REAL), zeros, jax.tree.map(jnp.copy, zeros))]
    draw = numpy.random.default_rng(0)

    def epoch():
        order = draw.permutation(len(features)).astype(numpy.int32)
        for start in range(0, len(features) // epoch_batch * epoch_batch, epoch_batch):
            state[:] = train(*state, features, labels, order[start : start + epoch_batch])
        jax.block_until_ready(state)

    return epoch


def main():
    clock = time.process_time if THREADS == 1 else time.perf_counter
    run = None
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "prepare":
                run = prepare(words[1], words[2])
                first = run()
                run()
                print("ready", float(first[0]) if words[2] in ("step", "direct") else "", flush=True)
            else:
                start, count = clock(), 0
                while count == 0 or clock() - start < float(words[1]):
                    run()
                    count += 1
                print((clock() - start) / count, flush=True)
        except Exception as error:  # the benchmark decides what a peer's failure means
            print("no", type(error).__name__, str(error).replace("\n", " ")[:200], flush=True)


if __name__ == "__main__":
    main()
