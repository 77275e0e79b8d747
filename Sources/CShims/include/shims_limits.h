#pragma once
#include <stdint.h>

/* What a thread's calls may take, as sode_set_thread_limits left it: plain numbers, so that a thread that ends leaves nothing behind. */
typedef struct {
  int64_t milliseconds; /* for each call; 0 = no limit */
  uint64_t token;       /* the handle of a cancel token, 0 = none; it may have been freed since */
  int32_t (*tick)(void *user_data);
  void *user_data;
} sode_shim_limits;

/* This thread's; all zero at first. */
sode_shim_limits *sode_shim_thread_limits(void);
