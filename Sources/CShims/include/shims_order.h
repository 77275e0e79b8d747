#pragma once

/* The compiler moves no load or store across this. Kernels that need all registers put it between loads, which the compiler would otherwise bring forward and then spill. It is no instruction. */
static inline __attribute__((always_inline, unused)) void sode_shim_keep_order(void) { __asm__ volatile("" ::: "memory"); }
