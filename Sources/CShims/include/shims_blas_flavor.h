#pragma once

/* Which OpenBLAS the library calls. */
enum {
  SODE_SHIM_BLAS_OWN = 0,      /* linked in; its work memory is blas_memory.c's, one buffer a product */
  SODE_SHIM_BLAS_THREADED = 1, /* the system's, of a flavor that locks its work memory (pthread, OpenMP) */
  SODE_SHIM_BLAS_SERIAL = 2,   /* the system's serial flavor, which hands out work memory without a lock */
};
int sode_shim_blas_flavor(void);

/* Around every product. With the serial flavor of the system one thread at a time is inside; else they cost a comparison. */
void sode_shim_blas_enter(void);
void sode_shim_blas_leave(void);
