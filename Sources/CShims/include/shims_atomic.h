#pragma once
#include <stdint.h>

/* One 64-bit atomic with a cache line of its own, so that threads spinning on one do not slow another. */
typedef struct {
  int64_t value;
  int64_t padding[7];
} sode_shim_atomic;

static inline int64_t sode_shim_atomic_load(const sode_shim_atomic *a) { return __atomic_load_n(&a->value, __ATOMIC_ACQUIRE); }
static inline void sode_shim_atomic_store(sode_shim_atomic *a, int64_t value) { __atomic_store_n(&a->value, value, __ATOMIC_RELEASE); }
/* Adds and returns the value before. */
static inline int64_t sode_shim_atomic_add(sode_shim_atomic *a, int64_t value) { return __atomic_fetch_add(&a->value, value, __ATOMIC_ACQ_REL); }
/* Stores `value` where `expected` was: 1; else nothing: 0. */
static inline int sode_shim_atomic_swap(sode_shim_atomic *a, int64_t expected, int64_t value) {
  return __atomic_compare_exchange_n(&a->value, &expected, value, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
/* Tells the processor that this is a spin loop. */
static inline void sode_shim_pause(void) { __builtin_ia32_pause(); }
