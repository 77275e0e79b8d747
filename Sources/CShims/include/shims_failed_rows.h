#pragma once
#include <stddef.h>
#include <stdint.h>

/* A row without a result: its number, the status that says why, and the sentence. */
typedef struct shim_failed_row {
  int64_t row;
  int32_t status;
  const char *text;
} shim_failed_row;

/* Replaces this thread's list by one of `count` rows with room for `bytes` of texts, for the caller to fill; NULL, and an empty list, for none or
 * when memory is refused. */
shim_failed_row *shim_failed_rows_begin(size_t count, size_t bytes, char **text);
/* This thread's list. */
const shim_failed_row *shim_failed_rows(size_t *count);
