#pragma once
#include <stdint.h>

/* Bytes that the process could still use without being ended for it: what the system has available (free memory, caches it can drop, swap) and what the process's control group has left.
 * UINT64_MAX where neither says. Costs some 50 us. */
uint64_t sode_shim_available_memory(void);
