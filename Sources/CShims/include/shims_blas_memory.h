#pragma once

/* Whether OpenBLAS has work memory. If not (0), OpenBLAS must not be called, because it would wait for ever. */
int sode_shim_blas_memory_ready(void);
