/* Numbers of two arrays taken in turn, and back, one register of each at a time. */
#pragma once
#include "shims_vectors.h"

/* `low` and `high` choose the first and the second register of the interleaved numbers; even and odd choose from two registers. */
#define SODE_INTERLEAVE(type, scalar, count, low, high, even, odd)                                                                 \
  SODE_INLINE void type##_interleave(const scalar *x, const scalar *y, scalar *to) {                                               \
    type a = type##_load(x), b = type##_load(y);                                                                                   \
    type##_store(__builtin_shufflevector(a, b, low), to);                                                                          \
    type##_store(__builtin_shufflevector(a, b, high), to + count);                                                                 \
  }                                                                                                                                \
  SODE_INLINE void type##_separate(const scalar *from, scalar *x, scalar *y) {                                                     \
    type a = type##_load(from), b = type##_load(from + count);                                                                     \
    type##_store(__builtin_shufflevector(a, b, even), x);                                                                          \
    type##_store(__builtin_shufflevector(a, b, odd), y);                                                                           \
  }
SODE_INTERLEAVE(sode_float4, float, 4, SODE_LIST(0, 4, 1, 5), SODE_LIST(2, 6, 3, 7), SODE_LIST(0, 2, 4, 6), SODE_LIST(1, 3, 5, 7))
SODE_INTERLEAVE(
    sode_float8, float, 8, SODE_LIST(0, 8, 1, 9, 2, 10, 3, 11), SODE_LIST(4, 12, 5, 13, 6, 14, 7, 15), SODE_LIST(0, 2, 4, 6, 8, 10, 12, 14), SODE_LIST(1, 3, 5, 7, 9, 11, 13, 15))
SODE_INTERLEAVE(
    sode_float16, float, 16, SODE_LIST(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), SODE_LIST(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
    SODE_LIST(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), SODE_LIST(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
SODE_INTERLEAVE(sode_double2, double, 2, SODE_LIST(0, 2), SODE_LIST(1, 3), SODE_LIST(0, 2), SODE_LIST(1, 3))
SODE_INTERLEAVE(sode_double4, double, 4, SODE_LIST(0, 4, 1, 5), SODE_LIST(2, 6, 3, 7), SODE_LIST(0, 2, 4, 6), SODE_LIST(1, 3, 5, 7))
SODE_INTERLEAVE(
    sode_double8, double, 8, SODE_LIST(0, 8, 1, 9, 2, 10, 3, 11), SODE_LIST(4, 12, 5, 13, 6, 14, 7, 15), SODE_LIST(0, 2, 4, 6, 8, 10, 12, 14), SODE_LIST(1, 3, 5, 7, 9, 11, 13, 15))
