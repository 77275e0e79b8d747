#pragma once
#include <stddef.h>
#include <stdint.h>

typedef void *(*sode_shim_allocate)(size_t size, size_t alignment, void *user);
typedef void (*sode_shim_release)(void *memory, size_t size, void *user);

/* Memory of `size` bytes, 64-byte aligned, or NULL when the allocator or the limit refuses. *needs_zeros: 1 if the caller must still fill it with zeros, which the memory of a host's allocator
 * needs: for many megabytes this takes long, and only the caller can ask its watch meanwhile. */
void *sode_shim_memory_allocate(size_t size, int32_t *needs_zeros);
void sode_shim_memory_release(void *memory, size_t size);
/* Lets the system provide all pages of `size` bytes, whose contents stay. */
void sode_shim_memory_provide(void *memory, size_t size);
/* Counts `size` bytes that come from elsewhere, until they are given back: 0 done, -1 when the limit refuses. */
int sode_shim_memory_claim(size_t size);
void sode_shim_memory_unclaim(size_t size);
/* Replaces the allocator: 0 done, -1 when something has been allocated already. NULL functions restore the standard one. */
int sode_shim_memory_set_allocator(sode_shim_allocate allocate, sode_shim_release release, void *user);
uint64_t sode_shim_memory_current(void);
uint64_t sode_shim_memory_peak(void);
void sode_shim_memory_reset_peak(void);
uint64_t sode_shim_memory_limit(void);
void sode_shim_memory_set_limit(uint64_t bytes);
/* How many allocations have succeeded since the process began. */
uint64_t sode_shim_memory_count(void);
