// The headers by themselves, so that each is known to compile without the others.
#include "kernel_table.h"
