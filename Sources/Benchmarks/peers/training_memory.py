"""The memory that training takes: W6, batch of 64, one thread. Prints one JSON line for the library and for each way of PyTorch.

    python training_memory.py FOLDER        FOLDER: the workloads' data; run by .ci/bench with PEERS=1

Each is measured in a process of its own: the largest resident memory during three steps, less that before the first one, when network and images are there.
"""

import json
import os
import pathlib
import subprocess
import sys

PEERS = pathlib.Path(__file__).resolve().parent
ROOT = PEERS.parents[2]


def resident(which):
    """A line of /proc/self/status in bytes."""
    text = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
    return next(1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith(which + ":"))


def measure(way, folder):
    os.environ["OMP_NUM_THREADS"] = "1"
    if way == "stableode":
        import numpy
        import stableode

        images = (numpy.load(folder / "W6" / "X.npy")[:64].astype("float32") / 255).reshape(64, 3, 32, 32)
        labels = numpy.load(folder / "W6" / "y.npy")[:64]
        network = stableode.Network(architecture="lm_resnet_20", input_shape=[3, 32, 32], outputs=10, seed=1)
        before = start()
        gradient = stableode.Gradient(network, 64)

        def step():
            return gradient.loss_and_gradient(images, labels)

    else:
        sys.argv = [sys.argv[0], str(folder)]
        sys.path.insert(0, str(PEERS))
        import torch_images

        step = next(run for name, run in torch_images.candidates("W6", "step") if name == way)
        before = start()
    for _ in range(3):
        step()
    print(json.dumps({"workload": "W6", "what": "training memory", "way": way, "bytes": resident("VmHWM") - before}))


def start():
    """The present resident memory, from which on the largest is noted."""
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return resident("VmRSS")


def main():
    folder = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        return measure(sys.argv[2], folder)
    for way in ("stableode", "torch, eager", "torch, channels last", "torch, compiled"):
        python = ROOT / (".venv" if way == "stableode" else ".venv-peers") / "bin/python"
        own = {"PYTHONPATH": str(ROOT / "bindings/python"), "STABLEODE_LIBRARY": str(ROOT / ".build/release/libstableode.so")} if way == "stableode" else {}
        subprocess.run([str(python), __file__, str(folder), way], env={**os.environ, **own}, check=True)


if __name__ == "__main__":
    main()
