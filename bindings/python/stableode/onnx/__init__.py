"""Networks as ONNX models, and properties of them in the language of VNN-LIB, for verifiers that know neither this library nor its files.

    import stableode

    network = stableode.Network(inputs=4, outputs=3, width=8, field="gradient_flow", layers=6, seed=1)
    network.export_onnx("network.onnx")
    network.export_vnnlib("property.vnnlib", [0.2, 0.4, 0.6, 0.8], radius=0.05, clip=(0.0, 1.0))

The file needs no package to be written: the few messages of Protocol Buffers that ONNX uses are in this folder.
"""

from ._model import model
from ._vnnlib import box_property

__all__ = ["box_property", "model"]
