#define _GNU_SOURCE
#include "shims_blas_flavor.h"
#include <dlfcn.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

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

/* The process one of whose threads is in a product; 0 when none is. After fork() the child finds its parent's number where another thread was inside, and takes it over: that thread is not in the child. */
static atomic_int inside;

void sode_shim_blas_enter(void) {
  if (sode_shim_blas_flavor() != SODE_SHIM_BLAS_SERIAL) return;
  int self = (int)getpid();
  for (int spins = 0;; spins++) {
    int found = atomic_load_explicit(&inside, memory_order_relaxed);
    if (found != self && atomic_compare_exchange_weak_explicit(&inside, &found, self, memory_order_acquire, memory_order_relaxed)) return;
    if (spins < 100) __builtin_ia32_pause();
    else sched_yield();
  }
}

void sode_shim_blas_leave(void) {
  if (sode_shim_blas_flavor() == SODE_SHIM_BLAS_SERIAL) atomic_store_explicit(&inside, 0, memory_order_release);
}
