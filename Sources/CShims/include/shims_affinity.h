#pragma once
/* Processors this process may run on (its affinity mask), at least 1. */
int sode_shim_available_processors(void);
