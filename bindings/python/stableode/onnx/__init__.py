"""Networks as ONNX models, and properties of them in the language of VNN-LIB, for verifiers that know neither this library nor its files.

    import stableode.onnx

    network.export_onnx("network.onnx")
    network.export_vnnlib("property.vnnlib", sample, radius=2 / 255, clip=(0.0, 1.0))

The file needs no package to be written: the few messages of Protocol Buffers that ONNX uses are in this folder.
"""

from ._model import model
from ._vnnlib import box_property

__all__ = ["box_property", "model"]
