"""A network as a module of PyTorch, which is imported by this module alone.

    import torch
    import stableode.torch

    ode = stableode.torch.Module(stableode.Network(inputs=16, outputs=16, width=16, layers=32, readout="identity", seed=1))
    model = torch.nn.Sequential(torch.nn.Linear(4, 16), ode, torch.nn.Linear(16, 3))

It needs torch 2.1 or later.
"""

from .._optional import need as _need

_need("torch", "stableode.torch")

from ._module import Module  # noqa: E402  (the error without torch comes first)

__all__ = ["Module"]
