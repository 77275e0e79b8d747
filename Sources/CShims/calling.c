#include "shims_calling.h"

enum { deepest = 16 };

/* The handles whose calls are calling back on this thread, the outermost first. Deeper ones are not known, and so stay busy. */
static _Thread_local uint64_t handles[deepest];
static _Thread_local int32_t depth;

int32_t shim_calling_begin(uint64_t handle) {
  int32_t before = depth;
  if (depth < deepest) handles[depth] = handle;
  depth++;
  return before;
}

void shim_calling_end(int32_t before) { depth = before; }

int shim_calling(uint64_t handle) {
  for (int32_t i = 0; i < depth && i < deepest; i++)
    if (handles[i] == handle) return 1;
  return 0;
}
