#include "shims_peak.h"

/* The instruction is written out, so that no compiler shortens the work. `constraint` is the class of the registers. */
#define PEAK(name, attributes, type, instructions, constraint)                             \
  attributes static void name(int64_t rounds) {                                           \
    type a[12], b = {0}, c = {0};                                                          \
    for (int i = 0; i < 12; i++) a[i] = b;                                                 \
    for (int64_t round = 0; round < rounds; round++) {                                     \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; i++) __asm__ volatile(instructions : "+" constraint(a[i]) : constraint(b), constraint(c)); \
    }                                                                                      \
  }

typedef float float4 __attribute__((vector_size(16)));
typedef float float8 __attribute__((vector_size(32)));
typedef float float16 __attribute__((vector_size(64)));

PEAK(baseline, , float4, "mulps %1, %0\n\taddps %2, %0", "x")
PEAK(avx2, __attribute__((target("avx2,fma"))), float8, "vfmadd213ps %2, %1, %0", "x")
PEAK(avx512, __attribute__((target("avx512f"))), float16, "vfmadd213ps %2, %1, %0", "v")

int64_t sode_shim_multiply_adds(int level, int64_t rounds) {
  if (level >= 4) {
    avx512(rounds);
    return rounds * 12 * 16;
  }
  if (level >= 3) {
    avx2(rounds);
    return rounds * 12 * 8;
  }
  baseline(rounds);
  return rounds * 12 * 4;
}
