#pragma once
#include <stddef.h>
#include <stdint.h>

/* The message of this thread's last failing call; "" before any. Valid until the thread's next failing call. */
const char *shim_last_error(void);
/* The value of errno of the system call because of which it failed; 0 if none did. */
int32_t shim_last_error_number(void);
/* Keeps at most 1023 bytes of a UTF-8 text, cut between characters, and the number. */
void shim_set_last_error(const char *text, size_t length, int32_t code);
