#include "shims_cpu.h"

int sode_shim_cpu_level(void) {
  __builtin_cpu_init();
  /* The compiler's own list of what -march=x86-64-v3 may emit; movbe and lzcnt came with the same processors as bmi2 and are part of these levels. */
  if (!__builtin_cpu_supports("x86-64-v3")) return 1;
  return __builtin_cpu_supports("x86-64-v4") ? 4 : 3;
}

static int forced;
int sode_shim_forced_level(void) { return __atomic_load_n(&forced, __ATOMIC_RELAXED); }
void sode_shim_force_level(int level) { __atomic_store_n(&forced, level, __ATOMIC_RELAXED); }
