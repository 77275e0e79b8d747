"""The image workloads W5, W5a and W6 with PyTorch: eagerly, with channels last and compiled. image_peers.py measures them.

W6's initial weights are those of PyTorch's seed 0; they are written to the workload's folder.
"""

import os
import pathlib
import sys
import warnings

THREADS = len(os.sched_getaffinity(0))
os.environ["OMP_NUM_THREADS"] = str(THREADS)
warnings.filterwarnings("ignore")

import numpy  # noqa: E402  (the environment above must come first)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(THREADS)
FOLDER = pathlib.Path(sys.argv[1])
STEP, DAMPING, BATCH = 0.5, 0.1, 64


class Layers(nn.Module):
    """W5: leapfrog with -K'σ(Ky + b); W5a: Euler's method with an antisymmetric kernel. Three stages of 16, 32 and 64 channels."""

    def __init__(self, name):
        super().__init__()
        self.is_leapfrog = name == "W5"
        for path in sorted((FOLDER / "W5").glob("*.npy")):
            if path.stem not in ("X", "y"):
                setattr(self, path.stem, nn.Parameter(torch.from_numpy(numpy.load(path).astype("float32"))))

    def kernels(self, stage):
        kernel = getattr(self, f"K{stage}")
        if self.is_leapfrog:
            return kernel
        channels = kernel.shape[1]
        identity = torch.zeros(channels, channels, 3, 3)
        identity[torch.arange(channels), torch.arange(channels), 1, 1] = DAMPING
        return 0.5 * (kernel - kernel.transpose(1, 2).flip((3, 4)) - identity)

    def forward(self, state, kernels=None):
        state = torch.tanh(F.conv2d(state, self.Ks, self.bs, padding=1))
        for stage in range(3):
            if stage:
                state = F.conv2d(F.avg_pool2d(state, 2), getattr(self, f"P{stage - 1}"), getattr(self, f"p{stage - 1}"))
            earlier = state
            layers = (kernels[stage] if kernels else self.kernels(stage)).unbind(0)
            for kernel, bias in zip(layers, getattr(self, f"b{stage}").unbind(0), strict=True):
                inner = torch.tanh(F.conv2d(state, kernel, bias, padding=1))
                if self.is_leapfrog:
                    descent = F.conv_transpose2d(inner, kernel, padding=1)
                    state, earlier = 2 * state - earlier - STEP * STEP * descent, state
                else:
                    state = torch.add(state, inner, alpha=STEP)
        return torch.addmm(self.bc, state.mean((2, 3)), self.Wc)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.n1, self.c1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.n2, self.c2 = nn.BatchNorm2d(outputs), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)

    def forward(self, state):
        return self.c2(F.relu(self.n2(self.c1(F.relu(self.n1(state))))))


class LMResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.f, self.S, self.k = nn.ModuleList(), nn.ModuleList(), nn.ParameterList()
        before = 16
        for stage, channels in enumerate((16, 32, 64)):
            for block in range(3):
                self.f.append(Block(before if block == 0 else channels, channels, 2 if stage and block == 0 else 1))
            self.S.append(nn.Conv2d(before, channels, 1, 2, bias=False) if stage else nn.Identity())
            before = channels
            for _ in range(2):
                self.k.append(nn.Parameter(torch.rand(()) * -0.1))
        self.bn, self.fc = nn.BatchNorm2d(64), nn.Linear(64, 10)

    def forward(self, state):
        state = self.stem(state)
        for stage in range(3):
            earlier = self.S[stage](state)
            state = earlier + self.f[3 * stage](state)
            for block in (1, 2):
                k = self.k[2 * stage + block - 1]
                state, earlier = (1 - k) * state + k * earlier + self.f[3 * stage + block](state), state
        return self.fc(F.relu(self.bn(state)).mean((2, 3)))

    def arrays(self):
        """The weights by the names that the library's network has."""

        def kernel(module):
            return module.weight.detach().numpy().reshape(*module.weight.shape[:2], -1)

        def factors(module):
            return numpy.stack([module.weight.detach(), module.bias.detach(), module.running_mean, module.running_var])

        def stacked(blocks, attribute, convert):
            return numpy.stack([convert(getattr(block, attribute)) for block in blocks])

        arrays = {"connectors.0.K": kernel(self.stem), "connectors.5.n": factors(self.bn)}
        arrays |= {"readout.W": self.fc.weight.detach().numpy(), "readout.b": self.fc.bias.detach().numpy()}
        for stage in range(3):
            blocks = self.f[3 * stage + (1 if stage else 0) : 3 * stage + 3]
            for name, attribute, convert in (("n1", "n1", factors), ("K1", "c1", kernel), ("n2", "n2", factors), ("K2", "c2", kernel)):
                arrays[f"blocks.{stage}.{name}"] = stacked(blocks, attribute, convert)
                if stage:
                    arrays[f"connectors.{2 * stage - 1}.{name}"] = convert(getattr(self.f[3 * stage], attribute))
            arrays[f"blocks.{stage}.k"] = numpy.array([[k.item()] for k in self.k[2 * stage : 2 * stage + 2]])
            if stage:
                arrays[f"connectors.{2 * stage - 1}.S"] = kernel(self.S[stage])
        return arrays


def network(name):
    if name != "W6":
        return Layers(name)
    torch.manual_seed(0)
    made = LMResNet20()
    target = FOLDER / "W6"
    if not (target / "weights").exists():
        for key, value in made.arrays().items():
            numpy.save(target / f"{key}.npy", numpy.ascontiguousarray(value))
        (target / "weights").touch()
    return made


def data(name, rows):
    folder = FOLDER / ("W6" if name == "W6" else "W5")
    features, labels = numpy.load(folder / "X.npy"), numpy.load(folder / "y.npy")
    rows_taken = numpy.arange(rows) % len(features)
    scale = 255 if features.dtype == numpy.uint8 else 1
    images = features[rows_taken].astype("float32") / numpy.float32(scale)
    return torch.from_numpy(images.reshape(rows, *((3, 32, 32) if name == "W6" else (1, 28, 28)))), torch.from_numpy(labels[rows_taken].astype("int64"))


def candidates(name, what):
    """Functions without arguments that make one run, by the way in which PyTorch runs it."""
    rows = BATCH if what == "step" else int(what[5:])
    images, labels = data(name, rows)
    for way in ("eager", "channels last", "compiled"):
        made = network(name)
        given = images
        if way == "channels last":
            # Kernels with an axis of layers have five axes, which PyTorch does not lay out so.
            made = made.to(memory_format=torch.channels_last) if name == "W6" else made
            given = images.contiguous(memory_format=torch.channels_last)
        if what == "step":
            forward = torch.compile(made) if way == "compiled" else made

            def run(made=made, forward=forward, given=given):
                made.zero_grad(set_to_none=True)
                loss = F.cross_entropy(forward(given), labels)
                loss.backward()
                return loss.item()

        else:
            made.eval()
            with torch.no_grad():
                fixed = [made.kernels(stage) for stage in range(3)] if name != "W6" else None
            forward = torch.compile(made) if way == "compiled" else made

            def run(forward=forward, given=given, fixed=fixed):
                with torch.no_grad():
                    return forward(given, fixed) if fixed else forward(given)

        yield f"torch, {way}", run
