"""The image workloads W5, W5a and W6 for one image with JAX, whose functions image_peers.py measures beside PyTorch's.

Images have their channels last, which is XLA's own layout on CPUs; layers are a scan, unrolled wholly or not at all.
"""

import os
import pathlib

if len(os.sched_getaffinity(0)) == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402  (the environment above must come first)
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

STEP, DAMPING, EPSILON = 0.5, 0.1, 1e-5


def convolution(state, kernel, stride=1):
    """kernel: [height, width, inputs, outputs]"""
    reach = kernel.shape[0] // 2
    return jax.lax.conv_general_dilated(state, kernel, (stride, stride), [(reach, reach)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def inputs_first(kernel):
    """[…, outputs, inputs, height, width] as [..., height, width, inputs, outputs]"""
    return jnp.moveaxis(kernel, (-4, -3, -2, -1), (-1, -2, -4, -3))


def pooled(state):
    return jax.lax.reduce_window(state, 0.0, jax.lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def layers_scores(arrays, name, unroll):
    """W5: leapfrog with -K'σ(Ky + b); W5a: Euler's method with antisymmetric kernels."""
    weights = {key: jnp.asarray(value, jnp.float32) for key, value in arrays.items()}
    for key in [key for key in weights if weights[key].ndim >= 4]:
        weights[key] = inputs_first(weights[key])
    if name == "W5a":
        for stage in range(3):
            kernel = weights[f"K{stage}"]
            identity = jnp.zeros(kernel.shape[1:]).at[1, 1].set(DAMPING * jnp.eye(kernel.shape[-1]))
            weights[f"K{stage}"] = 0.5 * (kernel - jnp.swapaxes(kernel[:, ::-1, ::-1], -1, -2) - identity)

    def leapfrog(pair, layer):
        state, earlier = pair
        inner = jnp.tanh(convolution(state, layer[0]) + layer[1])
        descent = convolution(inner, jnp.swapaxes(layer[0][::-1, ::-1], 2, 3))
        return (2 * state - earlier - STEP * STEP * descent, state), None

    def euler(pair, layer):
        state, earlier = pair
        return (state + STEP * jnp.tanh(convolution(state, layer[0]) + layer[1]), earlier), None

    def scores(weights, state):
        state = jnp.tanh(convolution(state, weights["Ks"]) + weights["bs"])
        for stage in range(3):
            if stage:
                state = convolution(pooled(state), weights[f"P{stage - 1}"]) + weights[f"p{stage - 1}"]
            layers = (weights[f"K{stage}"], weights[f"b{stage}"])
            (state, _), _ = jax.lax.scan(leapfrog if name == "W5" else euler, (state, state), layers, unroll=unroll)
        return state.mean((1, 2)) @ weights["Wc"] + weights["bc"]

    return scores, weights


def residual_scores(arrays, unroll):
    """W6, LM-ResNet-20 with running averages. arrays has the library's names of parameters."""
    weights = {}
    for key, value in arrays.items():
        value = jnp.asarray(value, jnp.float32)
        if key.rsplit(".", 1)[1] in ("K", "K1", "K2", "S"):
            side = int(value.shape[-1] ** 0.5)
            value = inputs_first(value.reshape(*value.shape[:-1], side, side))
        weights[key] = value

    def normalized(state, factors):
        scale, shift, mean, variance = factors
        return jax.nn.relu((state - mean) * (scale / jnp.sqrt(variance + EPSILON)) + shift)

    def residual(state, first, kernel, second, last, stride=1):
        return convolution(normalized(convolution(normalized(state, first), kernel, stride), second), last)

    def step(pair, layer):
        state, earlier = pair
        first, kernel, second, last, k = layer
        return ((1 - k) * state + k * earlier + residual(state, first, kernel, second, last), state), None

    def scores(weights, state):
        state = convolution(state, weights["connectors.0.K"])
        for stage in range(3):
            layers = [weights[f"blocks.{stage}.{part}"] for part in ("n1", "K1", "n2", "K2")]
            earlier = state
            if stage:
                place = f"connectors.{2 * stage - 1}"
                earlier = convolution(state, weights[f"{place}.S"], 2)
                state = earlier + residual(state, *(weights[f"{place}.{part}"] for part in ("n1", "K1", "n2", "K2")), stride=2)
            else:
                state = state + residual(state, *(layer[0] for layer in layers))
                layers = [layer[1:] for layer in layers]
            (state, _), _ = jax.lax.scan(step, (state, earlier), (*layers, weights[f"blocks.{stage}.k"]), unroll=unroll)
        state = normalized(state, weights["connectors.5.n"]).mean((1, 2))
        return state @ weights["readout.W"].T + weights["readout.b"]

    return scores, weights


def candidates(folder, name, images):
    """Functions without arguments that compute the scores of images [samples, channels, height, width], by the way in which JAX runs them."""
    arrays = {path.stem: numpy.load(path) for path in (pathlib.Path(folder) / ("W6" if name == "W6" else "W5")).glob("*.npy") if path.stem not in ("X", "y")}
    given = jnp.asarray(numpy.moveaxis(images, 1, -1))
    for way, unroll in (("jax, scan", 1), ("jax, unrolled", True)):
        scores, weights = residual_scores(arrays, unroll) if name == "W6" else layers_scores(arrays, name, unroll)
        compiled = jax.jit(scores)
        yield way, lambda compiled=compiled, weights=weights: jax.block_until_ready(compiled(weights, given))
