#pragma once
#include <stddef.h>

/* The one copy of a text that lives as long as the library, or NULL when there is no memory for it. Any thread may call it. */
const char *shim_intern(const char *text, size_t length);
