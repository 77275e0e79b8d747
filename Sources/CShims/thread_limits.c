#include "shims_limits.h"

static _Thread_local sode_shim_limits limits;

sode_shim_limits *sode_shim_thread_limits(void) { return &limits; }
