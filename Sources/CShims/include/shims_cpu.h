#pragma once
/* The best of the library's instruction sets that this processor and operating system offer: 1 baseline x86-64, 3 AVX2 (x86-64-v3), 4 AVX-512 (x86-64-v4). */
int sode_shim_cpu_level(void);
/* The level that tests and benchmarks force, or 0. */
int sode_shim_forced_level(void);
void sode_shim_force_level(int level);
