#pragma once
#include "shims_atomic.h"

/*
 * A lock that a fork cannot leave locked for ever: it holds the number of the process one of whose threads is inside; 0 when none is. After fork() the child finds its parent's number where another thread was
 * inside, and takes the lock over, because that thread is not in the child. For work of less than a microsecond, after each step of which what it protects is whole.
 */
void sode_shim_lock_enter(sode_shim_atomic *holder);
static inline void sode_shim_lock_leave(sode_shim_atomic *holder) { sode_shim_atomic_store(holder, 0); }
