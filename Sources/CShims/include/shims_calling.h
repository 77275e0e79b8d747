#pragma once
#include <stdint.h>

/*
 * Which handles' calls are calling back on this thread. A handle in exclusive use is busy for everybody but for the callback of that use,
 * whose own thread waits in it: what only reads may go through.
 */

/* From here on `handle` calls back. Gives what shim_calling_end takes to go back to, also past a callback that never returned (a C++ exception). */
int32_t shim_calling_begin(uint64_t handle);
void shim_calling_end(int32_t before);
/* Whether a callback of that handle's is running on this thread. */
int shim_calling(uint64_t handle);
