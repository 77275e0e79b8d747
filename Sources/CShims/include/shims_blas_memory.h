#pragma once

/* Whether OpenBLAS has memory to work in; without (0) a product may not be asked of it, since it could only wait for ever. */
int sode_shim_blas_memory_ready(void);
