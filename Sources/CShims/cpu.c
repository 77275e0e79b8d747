#include "shims_cpu.h"

int sode_shim_level;

int sode_shim_cpu_level(void) {
  __builtin_cpu_init();
  /* The compiler's own lists of what -march=x86-64-v3 and -v4 may emit. */
  if (!__builtin_cpu_supports("x86-64-v3")) return 1;
  return __builtin_cpu_supports("x86-64-v4") ? 4 : 3;
}
