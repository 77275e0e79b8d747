"""One layer in NumPy, written from the guide page `certificate_format` alone: the real arithmetic that certificates are about, in 64 bits of precision and with exponents that do not overflow.

Convolutions become matrices of the whole image, so that one formula serves both.
"""

import numpy

from reference_activations import ACTIVATIONS, REAL, TABLEAUS

EYE = {}


def eye(n):
    """The unit matrix, kept."""
    return EYE.setdefault(n, numpy.eye(n, dtype=REAL))


def numbers(text):
    """A list option."""
    if isinstance(text, str):
        return [float(part) for part in text.split(",")] if text else []
    return [float(part) for part in text]


def convolution_matrix(kernel, shape, extent, groups=1, stride=(1, 1), dilation=(1, 1), before=(0, 0), after=(0, 0), padding="zero"):
    """The matrix of a convolution of an image of `shape` (channels, height, width) with kernels of `extent` (height, width)."""
    if padding not in ("zero", "periodic") and any((*before, *after)):
        raise KeyError(padding)
    channels, *size = shape
    outputs = kernel.shape[0]
    kernel = kernel.reshape(outputs, channels // groups, *extent)
    results = [(size[a] + before[a] + after[a] - (extent[a] - 1) * dilation[a] - 1) // stride[a] + 1 for a in (0, 1)]
    made = numpy.zeros((outputs, *results, channels, *size), REAL)
    for o in range(outputs):
        first = o // (outputs // groups) * (channels // groups)
        for p in range(results[0]):
            for q in range(results[1]):
                for u in range(extent[0]):
                    for v in range(extent[1]):
                        y, x = p * stride[0] + u * dilation[0] - before[0], q * stride[1] + v * dilation[1] - before[1]
                        if padding == "periodic":
                            y, x = y % size[0], x % size[1]
                        if 0 <= y < size[0] and 0 <= x < size[1]:
                            made[o, p, q, first : first + channels // groups, y, x] += kernel[o, :, u, v]
    return made.reshape(outputs * results[0] * results[1], channels * size[0] * size[1])


class Layer:
    """One layer: its field, its matrices of the whole state, and its step.

    options: those of the block; weights: name → this layer's numbers; image: (channels, height, width), or None.
    """

    def __init__(self, options, weights, step, image=None):
        self.options, self.image, self.h = options, image, REAL(step)
        if options.get("steps") == "tight" or options.get("survival_scaling") == "none" or options.get("inner_normalization", "none") != "none":
            raise KeyError("steps, survival_scaling or inner_normalization")
        self.sigma, self.least, self.largest = ACTIVATIONS[options.get("activation", "identity")]
        self.matrices, self.biases = {}, {}
        for name, values in weights.items():
            if name[0] in "KCABW":
                self.matrices[name] = self._matrix(name, values)
        self.weights = {name: values.astype(REAL) for name, values in weights.items()}
        self.pixels = 1 if image is None else image[1] * image[2]

    def _extent(self, count):
        """Kernels' height and width; along an axis of one pixel they are 1."""
        return (1, 1) if count == 1 else tuple(1 if pixels == 1 else self.options["kernel"] for pixels in self.image[1:])

    def _matrix(self, name, values):
        if self.options["operator"] != "convolution":
            return values.astype(REAL)
        _, height, width = self.image
        groups = 1 if name == "A" and self.options.get("rotation") == "channels" else self.options["groups"]
        extent, dilation = self._extent(values.shape[-1]), self.options["dilation"]
        margins = [(e - 1) * dilation // 2 for e in extent]
        return convolution_matrix(values.astype(REAL), (values.shape[1] * groups, height, width), extent, groups, (1, 1), (dilation, dilation), margins, margins, self.options["padding"])

    def bias(self, name, count):
        """A bias, or log_q, for every row."""
        if name not in self.weights:
            return numpy.zeros(count, REAL)
        values = self.weights[name].ravel()
        return numpy.repeat(values, count // values.size)

    @property
    def field(self):
        return self.options["field"]

    @property
    def gamma(self):
        return REAL(self.options.get("gamma", 0))

    def skew(self, name="K"):
        return (self.matrices[name] - self.matrices[name].T) / 2

    def inner(self):
        """(W, b) of fields σ(Wy + b) or with a gradient −Wᵀσ(Wy + b)."""
        if self.field in ("antisymmetric", "antisymmetric_damped"):
            w = self.skew()
            w = w - self.gamma / 2 * eye(len(w)) if self.field == "antisymmetric" else w
        elif self.field == "negative_definite":
            w = -self.matrices["C"].T @ self.matrices["C"]
        else:
            w = self.matrices["W" if self.field == "port_hamiltonian" else "K"]
        return w, self.bias("b", len(w))

    def row_factors(self):
        """T of row_sums, without the 1/h: 2/(L r)."""
        k = self.weights["K"]
        log_q = numpy.clip(self.weights["log_q"].ravel(), -20, 20)
        q = numpy.exp(log_q)
        rows = len(k)
        if self.options["operator"] != "convolution":
            products = abs(k @ k.T)
        else:
            products = numpy.zeros((rows, rows), REAL)
            groups = int(self.options["groups"])
            height, width = self._extent(k.shape[-1])
            k = k.reshape(rows, k.shape[1], height, width)
            for i in range(rows):
                for j in range(rows):
                    if i // (rows // groups) != j // (rows // groups):
                        continue
                    for u in range(1 - height, height):
                        for v in range(1 - width, width):
                            a = k[i, :, max(u, 0) : height + min(u, 0), max(v, 0) : width + min(v, 0)]
                            b = k[j, :, max(-u, 0) : height + min(-u, 0), max(-v, 0) : width + min(-v, 0)]
                            products[i, j] += abs((a * b).sum())
        r = REAL(2) ** -10 + products @ q / q
        return numpy.repeat(2 / (REAL(self.largest) * r), self.pixels if self.options["operator"] == "convolution" else 1)

    def parts(self, y):
        """(ẏ from z, ż from y) of partitioned fields: the update that the other part brings."""
        sigma, m = self.sigma, self.matrices
        if self.field == "hamiltonian":
            k, b = m["K"], self.bias("b", len(m["K"]))
            return lambda z: sigma(z @ k.T + b), lambda y: -sigma(y @ k + b)
        if self.field == "second_order":
            k = m["K"]
            b = self.bias("b", len(k))
            gradient = self.options["form"] == "gradient"
            return lambda z: z, (lambda y: -sigma(y @ k.T + b) @ k) if gradient else (lambda y: sigma(y @ k.T + b))
        (one, b1), (two, b2) = (("Kp", "bp"), ("Kq", "bq")) if self.field == "hamiltonian_h" else (("K1", "b1"), ("K2", "b2"))
        k1, k2 = m[one], m[two]
        b1, b2 = self.bias(b1, len(k1)), self.bias(b2, len(k2))
        return lambda z: sigma(z @ k1.T + b1) @ k1, lambda y: -sigma(y @ k2.T + b2) @ k2

    def f(self, y):
        """The field at each row of y."""
        sigma, m = self.sigma, self.matrices
        if self.field == "two_layer":
            hidden = sigma(y @ m["K1"].T + self.bias("b1", len(m["K1"])))
            return hidden @ m["K2"].T + self.bias("b2", len(m["K2"]))
        if self.field == "second_order":
            return self.parts(y)[1](y)
        w, b = self.inner()
        value = sigma(y @ w.T + b)
        if self.field in ("dense", "antisymmetric", "negative_definite"):
            return value
        if self.field == "antisymmetric_damped":
            return value - self.gamma * y
        if self.field == "gradient_flow":
            return -(value * self.row_factors() / self.h) @ w if self.options["steps"] == "row_sums" else -value @ w
        if self.field == "rotate_relax":
            return y @ (2 * self.turn()).T - value @ w
        if self.field == "port_hamiltonian":
            return self.energy_gradient(y) @ self.structure().T
        raise KeyError(self.field)

    def turn(self):
        """½(A − Aᵀ) as a matrix of the whole state."""
        a = self.matrices["A"]
        return (a - a.T) / 2

    def structure(self):
        """J − R of port_hamiltonian."""
        return self.turn() - self.matrices["B"].T @ self.matrices["B"]

    def energy_gradient(self, y):
        w, b = self.inner()
        return self.sigma(y @ w.T + b) @ w + REAL(self.options["epsilon"]) * y

    def rotation(self):
        """Q of rotate_relax with cayley or exponential, in float64: by the eigenvalues −iω of h(A − Aᵀ), so that it is orthogonal for numbers of any size."""
        rates, vectors = numpy.linalg.eigh(1j * numpy.asarray(2 * self.h * self.turn(), "float64"))
        factors = numpy.exp(-1j * rates) if self.options["integrator"] == "exponential" else (1 - 0.5j * rates) / (1 + 0.5j * rates)
        return ((vectors * factors) @ vectors.conj().T).real.astype(REAL)

    def tableau(self):
        """(a row by row, b) of an explicit Runge–Kutta method; None for others."""
        name = self.options["integrator"]
        if name != "runge_kutta":
            return TABLEAUS.get(name)
        b = numbers(self.options["tableau_b"])
        flat, count = numbers(self.options["tableau_a"]), len(numbers(self.options["tableau_b"]))
        if len(flat) == count * count:
            return [flat[i * count : i * count + i] for i in range(count)], b
        return [flat[i * (i - 1) // 2 : i * (i - 1) // 2 + i] for i in range(count)], b

    def step(self, y):
        """One-step methods without a second part of the state; None for others."""
        name = self.options["integrator"]
        if name in ("cayley", "exponential"):
            turned = y @ self.rotation().T
            w, b = self.inner()
            return turned - self.h * self.sigma(turned @ w.T + b) @ w
        tableau = self.tableau()
        if tableau is None or self.field in ("hamiltonian", "hamiltonian_two_weight", "hamiltonian_h", "second_order"):
            return None
        slopes = []
        for row in tableau[0]:
            slopes.append(self.f(y + self.h * sum((REAL(a) * s for a, s in zip(row, slopes)), REAL(0))))
        return y + self.h * sum(REAL(b) * s for b, s in zip(tableau[1], slopes))

    def frozen(self, slopes, others=None, k=None):
        """The matrix of the linearized step with these slopes of the activation, on all states that it remembers.

        others: slopes of the second of a partitioned field's two updates; k: that of linear_multistep, None for its first layer.
        """
        name, h, m = self.options["integrator"], self.h, self.matrices
        d = numpy.asarray(slopes, REAL)[:, None]
        if name == "verlet":
            e = numpy.asarray(others, REAL)[:, None]
            if self.field == "hamiltonian":
                y, z = d * m["K"], -e * m["K"].T
            elif self.field == "second_order":
                y, z = eye(len(m["K"].T)), -m["K"].T @ (e * m["K"])
            else:
                one, two = ("Kp", "Kq") if self.field == "hamiltonian_h" else ("K1", "K2")
                y, z = m[one].T @ (d * m[one]), -m[two].T @ (e * m[two])
            unit = eye(len(y))
            return numpy.block([[unit + h * h * y @ z, h * y], [h * z, unit]])
        w, _ = self.inner()
        if self.field in ("antisymmetric", "dense", "negative_definite"):
            jacobian = d * w
        elif self.field == "antisymmetric_damped":
            jacobian = d * w - self.gamma * eye(len(w))
        elif self.field == "gradient_flow" and self.options["steps"] == "row_sums":
            jacobian = -w.T @ (d * self.row_factors()[:, None] * w) / h
        elif self.field in ("gradient_flow", "second_order", "rotate_relax"):
            jacobian = -w.T @ (d * w)
        else:
            raise KeyError(self.field)
        unit = eye(len(jacobian))
        if name in ("cayley", "exponential"):
            return (unit + h * jacobian) @ self.rotation()
        if name == "midpoint":
            return numpy.block([[2 * h * jacobian, unit], [unit, 0 * unit]])
        if name == "leapfrog":
            return numpy.block([[2 * unit + h * h * jacobian, -unit], [unit, 0 * unit]])
        if name == "linear_multistep":
            if k is None:
                return unit + h * jacobian
            return numpy.block([[(1 - REAL(k)) * unit + h * jacobian, REAL(k) * unit], [unit, 0 * unit]])
        a, b = self.tableau()
        stages = []
        for row in a:
            stages.append(jacobian @ (unit + h * sum((REAL(c) * s for c, s in zip(row, stages)), 0 * unit)))
        return unit + h * sum(REAL(c) * s for c, s in zip(b, stages))
