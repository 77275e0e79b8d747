"""Series as people have them, and the layout in which networks read them.

`pack` takes lists of arrays, arrays with NaN for "not observed", and long tables. The result has the features, and the options of
`stableode.Network` that say how to read them.
"""

from ._ahead import ahead
from ._layout import SequenceLayout
from ._packed import PackedSequences, pack, pack_in

__all__ = ["PackedSequences", "SequenceLayout", "ahead", "pack", "pack_in"]
