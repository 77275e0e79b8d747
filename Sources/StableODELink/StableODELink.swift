// Empty on purpose: this target carries the linker settings of libstableode.so (see Package.swift), so that tests do not inherit them.
