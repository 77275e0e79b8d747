#define _GNU_SOURCE
#include "shims_blas_flavor.h"
#include "shims_lock.h"
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>

/* Weak: an OpenBLAS that is linked in brings the second only if someone asks for it. */
extern void cblas_sgemm(void) __attribute__((weak));
extern int openblas_get_parallel(void) __attribute__((weak));

static const void *object_of(const void *address) {
  Dl_info information;
  return address && dladdr(address, &information) ? information.dli_fbase : NULL;
}

static int detected(void) {
  const void *own = object_of((const void *)&sode_shim_blas_flavor), *blas = object_of((const void *)&cblas_sgemm);
  if (blas == NULL || blas == own) return SODE_SHIM_BLAS_OWN;
  return openblas_get_parallel && openblas_get_parallel() != 0 ? SODE_SHIM_BLAS_THREADED : SODE_SHIM_BLAS_SERIAL;
}

static atomic_int known = -1;

/* When the library is loaded, before any of its threads can run. */
__attribute__((constructor)) static void detect(void) { atomic_store_explicit(&known, detected(), memory_order_relaxed); }

int sode_shim_blas_flavor(void) {
  int flavor = atomic_load_explicit(&known, memory_order_relaxed);
  if (flavor >= 0) return flavor;
  detect();
  return atomic_load_explicit(&known, memory_order_relaxed);
}

/* Held during a product where one product runs at a time. */
static sode_shim_atomic inside;

void sode_shim_blas_enter(void) {
  if (sode_shim_blas_flavor() == SODE_SHIM_BLAS_SERIAL) sode_shim_lock_enter(&inside);
}

void sode_shim_blas_leave(void) {
  if (sode_shim_blas_flavor() == SODE_SHIM_BLAS_SERIAL) sode_shim_lock_leave(&inside);
}
