"""Small model files and honest certificates for them, made with NumPy and the formulas of the guide page `certificate_format`: nothing here is shared with the checker."""

import hashlib
import json
import math
import struct

import numpy

ROOM = 1 + 2.0**-20
SLACK = 1 + 1e-9
SLOPES = {"identity": (1, 1), "tanh": (0, 1), "relu": (0, 1), "sigmoid": (0, 0.25), "softplus": (0, 1)}
ULPS = {"identity": 0, "tanh": 3, "relu": 0, "sigmoid": 3, "softplus": 3}
AT_ZERO = {"identity": 0, "tanh": 0, "relu": 0, "sigmoid": 0.5, "softplus": math.log(2)}


def model_file(specification, tensors):
    """The bytes of a model file: safetensors with the specification in the metadata."""
    header = {
        "__metadata__": {
            "format": "stableode", "format_version": "1", "library_version": "0.2.0", "specification": json.dumps(specification), "checksum": "0" * 16,
        }
    }  # fmt: skip
    data = b""
    for name, values in tensors.items():
        values = numpy.ascontiguousarray(values)
        header[name] = {"dtype": "F32" if values.dtype == numpy.float32 else "F64", "shape": list(values.shape), "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def block(field, layers, **options):
    return {
        "field": field, "operator": "dense", "activation": "tanh", "bias": "vector", "integrator": "euler", "layers": layers, "horizon": 1.0, "step_sizes": "", "weights_in_time": "layers",
        "memory": "store_all", "noise": "none", "initial_scale": 1.0, **options,
    }  # fmt: skip


def specification(inputs, outputs, width, blocks, **options):
    return {
        "precision": "float32", "inputs": inputs, "outputs": outputs, "opening": "dense", "width": width, "readout": "dense", "loss": "softmax_cross_entropy", "seed": 0, "blocks": blocks, **options,
    }  # fmt: skip


class Made:
    """A model: its specification, tensors and file."""

    def __init__(self, specification, tensors):
        self.specification, self.tensors = specification, tensors
        self.data = model_file(specification, tensors)
        self.norms = []

    def norm(self, operator, tensor, entry, norm):
        """Claims a norm; gives its place and bound."""
        a = self.tensors[tensor].astype(numpy.float64)
        if entry is not None:
            a = a[entry]
        if operator == "antisymmetric_part":
            a = (a - a.T) / 2
        if operator == "scaled_matrix":
            a = a * self.tensors["normalization.scale"].astype(numpy.float64)
        if operator == "vector":
            bound = numpy.linalg.norm(a)
        elif norm == "l2":
            bound = numpy.linalg.norm(a, 2)
        elif norm == "linf":
            bound = abs(a).sum(axis=1).max()
        elif norm == "l1":
            bound = abs(a).sum(axis=0).max()
        elif norm == "frobenius":
            bound = numpy.linalg.norm(a)
        elif norm == "log_l2":
            bound = numpy.linalg.eigvalsh((a + a.T) / 2).max() + 2.0**-20 * numpy.linalg.norm(a, 2)
        if norm != "log_l2":
            bound *= ROOM
        claim = {"operator": operator, "tensor": tensor, "norm": norm, "bound": float(bound)}
        if entry is not None:
            claim["entry"] = entry
        if claim not in self.norms:
            self.norms.append(claim)
        return self.norms.index(claim), float(bound)

    def certificate(self, statement, **contents):
        """The text of a certificate with this content."""
        content = {
            "format": "stableode.certificate", "version": 1, "digest": "0" * 64, "library_version": "0.2.0", "model": {"sha256": hashlib.sha256(self.data).hexdigest(), "bytes": len(self.data)},
            "statement": statement, "claim": "a sentence", "theorem": {"name": "E", "source": "nobody"}, "options": contents.pop("options", {}), "verdict": "proved", "norms": self.norms, **contents,
        }  # fmt: skip
        return signed(content)


def signed(content):
    """The text of a certificate with its digest."""
    text = json.dumps({**content, "digest": "0" * 64}, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest().encode()
    return text.replace(b'"digest":"' + b"0" * 64, b'"digest":"' + digest)


def hypothesis(name, value, relation, limit, block=0, layer=None):
    entry = {"name": name, "block": block, "value": value, "relation": relation, "limit": limit, "holds": True, "text": "a text"}
    if layer is not None:
        entry["layer"] = layer
    return entry


def float32_tensors(rng, shapes, scale=0.3):
    return {name: (rng.standard_normal(shape) * scale).astype(numpy.float32) for name, shape in shapes.items()}


# ---- A network whose radius can be certified: normalization, dense opening, gradient flow with Euler, dense readout ------------------------------------------------------------------------------


def flow_network(seed=1, inputs=7, width=6, hidden=5, layers=3, outputs=3, activation="tanh", row_sums=False, horizon=0.6, normalized=True, scale=0.3):
    rng = numpy.random.default_rng(seed)
    shapes = {
        "opening.W": (width, inputs), "opening.b": (width,), "blocks.0.K": (layers, hidden, width), "blocks.0.b": (layers, hidden), "readout.W": (outputs, width), "readout.b": (outputs,),
    }  # fmt: skip
    if row_sums:
        shapes["blocks.0.log_q"] = (layers, hidden)
    tensors = {}
    if normalized:
        tensors = {"normalization.shift": rng.standard_normal(inputs), "normalization.scale": rng.uniform(0.5, 2, inputs)}
    tensors |= float32_tensors(rng, shapes, scale)
    options = {"hidden_width": hidden, "inner_normalization": "none", "steps": "row_sums" if row_sums else "plain", "activation": activation, "horizon": horizon}
    return Made(specification(inputs, outputs, width, [block("gradient_flow", layers, **options)]), tensors)


def step_size(made, block):
    return block["horizon"] / block["layers"]


def lipschitz_stages(made):
    """The stages of a Lipschitz bound in ℓ₂ of such a network, and the bound before the readout and with it."""
    layer = made.specification["blocks"][0]
    is_normalized = "normalization.scale" in made.tensors
    place, s = made.norm("scaled_matrix" if is_normalized else "matrix", "opening.W", None, "l2")
    stages = [{"kind": "opening", "index": 0, "rule": "affine", "norms": [place], "lipschitz": s}]
    layers = []
    for j in range(layer["layers"]):
        if layer["steps"] == "row_sums":
            layers.append({"rule": "row_sums", "norms": [], "lipschitz": 1.0})
        else:
            k, _ = made.norm("matrix", "blocks.0.K", j, "l2")
            layers.append({"rule": "cocoercive", "norms": [k], "lipschitz": 1.0})
    stages.append({"kind": "block", "index": 0, "lipschitz": 1.0, "layers": layers})
    place, r = made.norm("matrix", "readout.W", None, "l2")
    stages.append({"kind": "readout", "index": 0, "rule": "affine", "norms": [place], "lipschitz": r})
    return stages, s, s * r * SLACK


def row_factors(made, j, slope):
    """r_i of a layer, in float64."""
    k = made.tensors["blocks.0.K"][j].astype(numpy.float64)
    q = numpy.exp(made.tensors["blocks.0.log_q"][j].astype(numpy.float64))
    return 2.0**-10 + abs(k @ k.T) @ q / q, k, q


def forward(made, x, dtype=numpy.float64):
    """Scores; in float32 with the library's order of accumulation: over the inputs in ascending order, from the bias, multiply-adds rounded twice."""
    sigma = {"tanh": numpy.tanh, "relu": lambda z: numpy.maximum(z, 0), "sigmoid": lambda z: 1 / (1 + numpy.exp(-z)), "softplus": lambda z: numpy.logaddexp(0, z), "identity": lambda z: z}

    def product(w, v, b):
        total = numpy.array(b, dtype)
        for k in range(w.shape[1]):
            total = (total + (w[:, k].astype(dtype) * v[k]).astype(dtype)).astype(dtype)
        return total

    layer = made.specification["blocks"][0]
    t = {name: a.astype(dtype) for name, a in made.tensors.items()}
    x = numpy.asarray(x, dtype)
    if "normalization.scale" in t:
        x = ((x - t["normalization.shift"]) * t["normalization.scale"]).astype(dtype)
    y = product(t["opening.W"], x, t["opening.b"])
    h = dtype(step_size(made, layer))
    for j in range(layer["layers"]):
        k = t["blocks.0.K"][j]
        a = sigma[layer["activation"]](product(k, y, t["blocks.0.b"][j])).astype(dtype)
        if layer["steps"] == "row_sums":
            r, _, _ = row_factors(made, j, 1)
            a = (a * (2 / (float(h) * SLOPES[layer["activation"]][1] * r)).astype(dtype)).astype(dtype)
        y = (y - h * product(k.T, a, numpy.zeros(k.shape[1]))).astype(dtype)
    return product(t["readout.W"], y, t["readout.b"])


def rounding_error(made, x, radius, precision):
    """(center, R, e) before the readout, by the page's formulas; a sum of n products has n + ⌈√n⌉ + 2 roundings."""
    u, eta, mu = (2.0**-24, 2.0**-149, 2.0**-126) if precision == "float32" else (2.0**-53, 2.0**-1074, 2.0**-1022)
    layer = made.specification["blocks"][0]
    activation = layer["activation"]
    most, ulps = SLOPES[activation][1], ULPS[activation]
    t = {name: a.astype(numpy.float64) for name, a in made.tensors.items()}

    def gamma(n):
        n = n + math.ceil(math.sqrt(n)) + 2
        return n * u / (1 - n * u)

    def size(z, m):
        value = math.sqrt(m) * AT_ZERO[activation] + most * z
        return min(value, math.sqrt(m)) if activation in ("tanh", "sigmoid") else value

    def applied(z, d, m):
        return most * d + (4 * ulps * u * size(z + d, m) + math.sqrt(m) * mu if ulps else 0)

    w, n, m = t["opening.W"], t["opening.W"].shape[1], t["opening.W"].shape[0]
    beta = numpy.linalg.norm(t["opening.b"])
    if "normalization.scale" in t:
        shift, scale = t["normalization.shift"], t["normalization.scale"]
        a = numpy.linalg.norm(scale * (x - shift))
        offset = numpy.linalg.norm(scale * shift)
        s_w, s_c = numpy.linalg.norm(w), numpy.linalg.norm(w * scale, 2) * ROOM
        z = s_w * a + s_c * radius + beta
        d = s_w * (8 * u * (a + offset) + 4 * math.sqrt(n) * eta) + 8 * u * math.sqrt(min(n, m)) * s_c * radius
        e = d + gamma(n) * (z + d) + 2 * (n + 2) * math.sqrt(m) * eta
        reach = z
    else:
        a = numpy.linalg.norm(x)
        s = numpy.linalg.norm(w, 2) * ROOM
        reach, e = a + radius, 0 if precision == "float32" else 0
        e = s * e + gamma(n) * (s * (reach + e) + beta) + 2 * (n + 2) * math.sqrt(m) * eta
        reach = s * reach + beta
    h = step_size(made, layer)
    for j in range(layer["layers"]):
        k, b = t["blocks.0.K"][j], t["blocks.0.b"][j]
        rows, columns = k.shape
        computed = reach + e
        if layer["steps"] == "row_sums":
            r, _, q = row_factors(made, j, most)
            lengths = numpy.linalg.norm(k, axis=1)
            tau = 8 * u + (columns + rows + 32) * 2.0**-52 * max((lengths * (q @ lengths) / q + 2.0**-10) / r)
            bias = numpy.linalg.norm(b / numpy.sqrt(r))
            zero = numpy.linalg.norm(1 / numpy.sqrt(r)) * AT_ZERO[activation] + most * bias

            def f(y, zero=zero):
                return 2 / most * (most * y + zero)

            v, d0 = most * computed + zero, gamma(columns) * (computed + bias)
            d = most * d0 + 4 * ulps * u * (v + most * d0) + 32 * (2 * (columns + 2) * math.sqrt(rows) * eta + (math.sqrt(rows) * mu if ulps else 0))
            g = 2 / most * (d + tau * (v + d) + gamma(rows + 3) * (1 + tau) * (v + d)) + numpy.linalg.norm(k) * 4 * math.sqrt(rows) * eta + 2 * (rows + 4) * math.sqrt(columns) * eta
        else:
            s, beta = numpy.linalg.norm(k, 2) * ROOM, numpy.linalg.norm(b)

            def f(y, s=s, beta=beta, rows=rows):
                return h * s * size(s * y + beta, rows)

            v = size(s * computed + beta, rows)
            d = applied(s * computed + beta, gamma(columns) * (s * computed + beta) + 2 * (columns + 2) * math.sqrt(rows) * eta, rows)
            g = h * (s * d + gamma(rows) * s * (v + d) + 2 * (rows + 2) * math.sqrt(columns) * eta)
        e = e + g * (1 + 4 * u) + 8 * u * (computed + f(computed) + g) + 8 * math.sqrt(columns) * eta
        reach = min(reach + f(reach), reach + f(0))
    return a, reach, e


def radius_certificate(made, x, radius, precision="float32", input_type="float32", **changes):
    """A certificate of a radius; `x` must have a margin that is large enough."""
    x = numpy.asarray(x, numpy.float32).astype(numpy.float64)
    stages, features, _ = lipschitz_stages(made)
    a, reach, e = rounding_error(made, x, radius, precision)
    _, _, at_center = rounding_error(made, x, 0.0, precision)
    u, eta, mu = (2.0**-24, 2.0**-149, 2.0**-126) if precision == "float32" else (2.0**-53, 2.0**-1074, 2.0**-1022)
    w, b = (made.tensors[f"readout.{name}"].astype(numpy.float64) for name in "Wb")
    z = forward(made, x)
    winner = int(numpy.argmax(z))
    n = w.shape[1]
    terms = n + math.ceil(math.sqrt(n)) + 2
    gamma = terms * u / (1 - terms * u)

    def error(i, reach, e):
        rows = sum(gamma * (numpy.linalg.norm(w[k]) * (reach + e) + abs(b[k])) + 4 * (n + 2) * eta for k in (winner, i))
        return float((numpy.linalg.norm(w[winner] - w[i]) * e + rows) * SLACK)

    margins = [
        {
            "class": i, "margin": float(z[winner] - z[i] - error(i, reach, at_center)), "lipschitz": float(numpy.linalg.norm(w[winner] - w[i]) * features * SLACK), "error": error(i, reach, e),
        } for i in range(len(z)) if i != winner
    ]  # fmt: skip
    contents = {
        "options": {"input": x.tolist(), "input_type": input_type, "precision": precision, "radius": 0}, "hypotheses": [], "stages": stages,
        "rounding": {"unit": u, "smallest": eta, "normal": mu, "exact_input": True, "center": float(a * SLACK)}, "result": {"radius": radius, "class": winner, "margins": margins},
    }  # fmt: skip
    return made.certificate("certified_radius", **{**contents, **changes})
