#pragma once
#include <stddef.h>
#include <stdint.h>

/*
 * The table behind the typed pointers of the C interface. A handle is a number, never an address:
 *
 *   8 bits kind (1 … 255) | 24 bits generation (1 …) | 32 bits slot
 *
 * so that a freed, forged or foreign pointer is found out without being followed. Every operation is lock-free; none but creation allocates.
 */

enum {
  SHIM_HANDLE_OK = 0,
  SHIM_HANDLE_INVALID = 1,    /* never was a handle, or of another kind */
  SHIM_HANDLE_FREED = 2,      /* was a handle of this kind; freed */
  SHIM_HANDLE_BUSY = 3,       /* in use */
  SHIM_HANDLE_WRONG_KIND = 4  /* a live handle of another kind */
};

/* A new handle that owns `object`, or 0 when there is no memory for one. */
uint64_t shim_handle_create(uint32_t kind, void *object);

/* Takes the object of a handle into use: any number of users when shared, else one. Leave with shim_handle_leave. */
int shim_handle_enter(uint64_t handle, uint32_t kind, int shared, void **object);
/* The object of a handle that the calling thread already has in use (shims_calling.h), without another use. */
int shim_handle_object(uint64_t handle, uint32_t kind, void **object);
/* Ends a use. If the handle was freed meanwhile and this was the last use, `*orphan` is the object to destroy; else NULL. */
void shim_handle_leave(uint64_t handle, void **orphan);
/* Frees a handle. `*orphan` is the object to destroy now, or NULL when it is in use: then the last user destroys it. */
int shim_handle_free(uint64_t handle, uint32_t kind, void **orphan);

/* The flag of a handle's slot, for cancel tokens: lock-free and async-signal-safe. Freshly created handles have it at 0. */
int shim_handle_set_flag(uint64_t handle, uint32_t kind, int32_t value);
/* Where the flag lives: valid while the caller has the handle in use. */
const int32_t *shim_handle_flag(uint64_t handle);
int32_t shim_flag_load(const int32_t *flag);
