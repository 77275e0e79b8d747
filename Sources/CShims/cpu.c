#include "shims_cpu.h"

int sode_shim_level;
static _Thread_local int forced;

int sode_shim_cpu_level(void) {
  __builtin_cpu_init();
  /* The compiler's own lists of what -march=x86-64-v3 and -v4 may emit. */
  if (!__builtin_cpu_supports("x86-64-v3")) return 1;
  return __builtin_cpu_supports("x86-64-v4") ? 4 : 3;
}

int sode_shim_level_of_thread(void) {
  if (forced) return forced;
  int detected = sode_shim_cpu_level(), unknown = 0;
  /* The exchange fails, as it must, when a thread has forced a level in the meantime. */
  __atomic_compare_exchange_n(&sode_shim_level, &unknown, detected, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  return detected;
}

int sode_shim_forced_level(void) { return forced; }

void sode_shim_force_level(int level) {
  __atomic_store_n(&sode_shim_level, -1, __ATOMIC_RELAXED);
  forced = level;
}
