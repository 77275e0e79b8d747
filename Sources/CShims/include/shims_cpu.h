#pragma once

/* The best of the library's instruction sets that this processor and operating system offer: 1 baseline x86-64, 3 AVX2 (x86-64-v3), 4 AVX-512 (x86-64-v4). */
int sode_shim_cpu_level(void);

/* The level in use: 0 until first asked, then the best, unless a test or a benchmark forces a lower one. */
extern int sode_shim_level;

static inline int sode_shim_active_level(void) {
  int level = __atomic_load_n(&sode_shim_level, __ATOMIC_RELAXED);
  if (__builtin_expect(level == 0, 0)) {
    level = sode_shim_cpu_level();
    __atomic_store_n(&sode_shim_level, level, __ATOMIC_RELAXED);
  }
  return level;
}

static inline void sode_shim_force_level(int level) { __atomic_store_n(&sode_shim_level, level, __ATOMIC_RELAXED); }
