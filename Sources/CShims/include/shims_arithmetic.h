#pragma once
#include <stdint.h>

/*
 * The arithmetic of a call: IEEE 754 with rounding to nearest, numbers below the smallest normal one, and no traps, whatever the host has set on its thread (flush-to-zero, a rounding mode, exceptions that trap).
 * Bounds of rounding errors hold in no other. Threads that a call starts inherit it, and a fiber keeps it among its registers.
 */

/* The control bits of MXCSR: FTZ, rounding mode, masks of exceptions, DAZ. The others are flags of what has happened. */
enum { sode_shim_arithmetic_control = 0xffc0, sode_shim_arithmetic_default = 0x1f80 };

static inline int sode_shim_arithmetic_is_default(uint32_t word) { return __builtin_expect((word & sode_shim_arithmetic_control) == sode_shim_arithmetic_default, 1); }

/* Begins a call; gives what `end` takes, with which the thread has its host's arithmetic and flags again. Where the host has changed nothing, nothing is written. */
static inline uint32_t sode_shim_arithmetic_begin(void) {
  uint32_t before = __builtin_ia32_stmxcsr();
  if (!sode_shim_arithmetic_is_default(before)) __builtin_ia32_ldmxcsr(sode_shim_arithmetic_default);
  return before;
}

static inline void sode_shim_arithmetic_end(uint32_t before) {
  if (!sode_shim_arithmetic_is_default(before)) __builtin_ia32_ldmxcsr(before);
}

/* After a call into a caller's function, before which the register was `before`: takes back what that function has set. */
static inline void sode_shim_arithmetic_keep(uint32_t before) {
  if ((__builtin_ia32_stmxcsr() ^ before) & sode_shim_arithmetic_control) __builtin_ia32_ldmxcsr(before);
}
