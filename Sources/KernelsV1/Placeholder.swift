// KernelsV1
