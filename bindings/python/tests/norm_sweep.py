"""Certified norms of random matrices against singular values: python norm_sweep.py [MATRICES].

Prints the least and the largest bound over the norm, which NumPy computes in float64 to about 1e-14. No bound may be below the norm, and none more than 0.1 % above.
"""

import sys

import numpy

import stableode


def matrices(count, seed=1):
    """Matrices up to 256 × 256 of any shape, spectrum, scale and precision."""
    random = numpy.random.default_rng(seed)
    for index in range(count):
        largest = 256 if index % 8 == 0 else 64
        rows, columns = random.integers(1, largest + 1, 2)
        kind = index % 6
        w = random.standard_normal((rows, columns))
        if kind == 1:  # few large singular values
            w = random.standard_normal((rows, 2)) @ random.standard_normal((2, columns)) + 1e-6 * w
        elif kind == 2:  # all singular values alike
            w = numpy.linalg.qr(random.standard_normal((max(rows, columns), max(rows, columns))))[0][:rows, :columns]
        elif kind == 3:  # entries of very different sizes
            w = w * 10.0 ** random.uniform(-12, 3, w.shape)
        elif kind == 4:  # many zeros
            w = w * (random.random(w.shape) < 0.05)
        elif kind == 5:  # of one sign
            w = abs(w)
        precision = "float32" if index % 2 else "float64"
        scale = 10.0 ** (random.uniform(-30, 30) if precision == "float32" else random.uniform(-250, 250)) if index % 5 == 0 else 1.0
        with numpy.errstate(over="ignore", under="ignore"):
            yield (w * scale).astype(precision)


def ratios(count, seed=1):
    """bound / norm of each matrix that has a norm."""
    networks = {}
    for w in matrices(count, seed):
        size = float(numpy.abs(w).max()) or 1.0
        norm = numpy.linalg.norm(w.astype("float64") / size, 2)
        if norm == 0 or not numpy.isfinite(w).all() or size < 1e-290:
            continue
        key = w.shape, w.dtype.name
        if key not in networks:
            networks[key] = stableode.Network(inputs=w.shape[1], outputs=1, width=w.shape[0], opening="dense", layers=1, precision=w.dtype.name, field="gradient_flow", hidden_width=1, loss="least_squares")
        networks[key].parameters["opening.W"] = w
        claims = {(claim["tensor"], claim["norm"]): claim["bound"] for claim in networks[key].certify("lipschitz_l2").record["norms"]}
        yield claims["opening.W", "l2"] / size / norm


if __name__ == "__main__":
    found = list(ratios(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
    print(f"{len(found)} matrices: bound / norm from {min(found):.9f} to {max(found):.6f}")
