#pragma once
#include <stddef.h>

/* The best of the library's instruction sets that this processor and operating system offer: 1 baseline x86-64, 3 AVX2 (x86-64-v3), 4 AVX-512 (x86-64-v4). */
int sode_shim_cpu_level(void);

/* Positive: the level in use. 0: not yet determined. −1: some thread has forced a level, so the level of each thread must be looked up. */
extern int sode_shim_level;
int sode_shim_level_of_thread(void);

static inline int sode_shim_active_level(void) {
  int level = __atomic_load_n(&sode_shim_level, __ATOMIC_RELAXED);
  return __builtin_expect(level > 0, 1) ? level : sode_shim_level_of_thread();
}

/* The level that the calling thread forces for itself, or 0; tests and benchmarks compare levels with it. */
int sode_shim_forced_level(void);
void sode_shim_force_level(int level);

/* Prefetches memory that will be read soon into the second-level cache. The address may be invalid. */
static inline void sode_shim_prefetch(const void *memory, size_t size) {
  for (size_t at = 0; at < size; at += 64) __builtin_prefetch((const char *)memory + at, 0, 2);
}
