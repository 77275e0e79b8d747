#pragma once
#include <stdint.h>

/* Runs `rounds` times twelve independent vectors of float multiply-adds of an instruction set (as sode_shim_cpu_level numbers them): the most that a core can do. Gives how many multiply-adds of one number these are. For
 * benchmarks; the processor must have the instruction set. */
int64_t sode_shim_multiply_adds(int level, int64_t rounds);
