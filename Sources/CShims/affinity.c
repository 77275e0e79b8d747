#define _GNU_SOURCE
#include "shims_affinity.h"
#include <sched.h>
#include <unistd.h>

int sode_shim_available_processors(void) {
  /* A machine with more processors than a cpu_set_t holds refuses it with EINVAL; then larger masks are tried. */
  for (int processors = CPU_SETSIZE; processors <= 1 << 20; processors *= 4) {
    cpu_set_t *mask = CPU_ALLOC(processors);
    if (!mask) break;
    size_t size = CPU_ALLOC_SIZE(processors);
    int count = sched_getaffinity(0, size, mask) == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (count > 0) return count;
  }
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}
