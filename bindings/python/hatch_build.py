"""Sets the kind of wheel: for one platform if the package contains the library; otherwise for every platform, using the system's library."""

import platform
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: The oldest glibc that the library runs with; Tests/CInterfaceTests/c/test_library.py checks it.
GLIBC = "2_35"


class PlatformHook(BuildHookInterface):
    """Marks a wheel that contains the library: not pure Python, for any Python 3, for this machine and glibc."""

    def initialize(self, version, build_data):
        """Called by hatchling before it builds."""
        if (Path(self.root) / "stableode" / "libstableode.so.0").exists():
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-manylinux_{GLIBC}_{platform.machine()}"
