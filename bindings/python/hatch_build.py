"""What kind of wheel this is: one for a platform if the library lies in the package, else one for every platform, which uses the system's library."""

import platform
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: The oldest glibc that the library runs with; a C test holds it to that.
GLIBC = "2_35"


class PlatformHook(BuildHookInterface):
    """Marks a wheel that carries the library: not pure, for any Python 3, for this machine and glibc."""

    def initialize(self, version, build_data):
        """Called by hatchling before it builds."""
        if (Path(self.root) / "stableode" / "libstableode.so.0").exists():
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-manylinux_{GLIBC}_{platform.machine()}"
