#include "shims_lock.h"
#include <sched.h>
#include <unistd.h>

void sode_shim_lock_enter(sode_shim_atomic *holder) {
  int64_t self = getpid();
  for (int spins = 0;; spins++) {
    int64_t found = sode_shim_atomic_load(holder);
    if (found != self && sode_shim_atomic_swap(holder, found, self)) return;
    if (spins < 100) sode_shim_pause();
    else sched_yield();
  }
}
