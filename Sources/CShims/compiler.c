#include "shims_compiler.h"

const char *shim_compiler(void) { return __VERSION__; }
