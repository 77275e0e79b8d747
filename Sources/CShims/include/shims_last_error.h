#pragma once
#include <stddef.h>

/* The message of this thread's last failing call; "" before any. Valid until the thread's next failing call. */
const char *shim_last_error(void);
/* Keeps at most 1023 bytes of a UTF-8 text, cut between characters. */
void shim_set_last_error(const char *text, size_t length);
