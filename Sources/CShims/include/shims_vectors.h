/* Whole-vector instructions for operations that Swift's SIMD vectors do lane by lane: Swift 6.3 spells each lane out and leaves it to the optimizer to find the vector again, which fails in
   long expressions. Clang's vectors are imported as SIMD4<Float> and so on. Only the kernel modules call these; each call is inlined under its module's instruction set. */
#pragma once
#include <stdint.h>

// Every function here is inlined, so no vector is ever passed to a call, whose convention would depend on the instruction set.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

#define SODE_INLINE static inline __attribute__((always_inline, unused))

#ifdef __FMA__
#define SODE_FMA(x, y, z) __builtin_elementwise_fma(x, y, z)
#else
#define SODE_FMA(x, y, z) ((x) * (y) + (z))
#endif

/* `type` is a vector of `count` `scalar`s with `mantissa` explicit mantissa bits; `bits` is the vector of integers of the same width. */
#define SODE_VECTOR(type, bits, scalar, integer, count, mantissa)                                                                  \
  typedef scalar type __attribute__((ext_vector_type(count)));                                                                     \
  typedef integer bits __attribute__((ext_vector_type(count)));                                                                    \
  typedef scalar type##_unaligned __attribute__((ext_vector_type(count), aligned(sizeof(scalar)), may_alias));                     \
  SODE_INLINE type type##_load(const scalar *p) { return *(const type##_unaligned *)p; }                                           \
  SODE_INLINE void type##_store(type x, scalar *p) { *(type##_unaligned *)p = x; }                                                 \
  SODE_INLINE type type##_splat(scalar x) { return (type)x; }                                                                      \
  SODE_INLINE type type##_add(type x, type y) { return x + y; }                                                                    \
  SODE_INLINE type type##_subtract(type x, type y) { return x - y; }                                                               \
  SODE_INLINE type type##_multiply(type x, type y) { return x * y; }                                                               \
  SODE_INLINE type type##_divide(type x, type y) { return x / y; }                                                                 \
  SODE_INLINE type type##_fma(type x, type y, type z) { return SODE_FMA(x, y, z); }                                                \
  SODE_INLINE type type##_negate(type x) { return -x; }                                                                            \
  SODE_INLINE type type##_square_root(type x) { return __builtin_elementwise_sqrt(x); }                                            \
  SODE_INLINE type type##_choose(type a, type b, type x, type y) { return x < y ? a : b; }                                         \
  SODE_INLINE type type##_magnitude(type x) { return __builtin_elementwise_abs(x); }                                               \
  SODE_INLINE type type##_with_sign(type x, type y) { return __builtin_elementwise_copysign(x, y); }                               \
  SODE_INLINE type type##_exponent(type z) { return (type)((bits)z << mantissa); }                                                 \
  SODE_INLINE type type##_where_odd(type z, type a, type b) { return ((bits)z & 1) != 0 ? a : b; }                                 \
  SODE_INLINE type type##_flipping_sign(type z, type x) { return (type)((bits)x ^ (((bits)z & 2) << (8 * sizeof(scalar) - 2))); }  \
  typedef int32_t type##_words __attribute__((ext_vector_type(count), aligned(sizeof(int32_t)), may_alias));                       \
  SODE_INLINE type type##_convert(const int32_t *p) { return __builtin_convertvector(*(const type##_words *)p, type); }            \
  SODE_INLINE type type##_significand(type x) { return (type)(((bits)x & (((integer)1 << mantissa) - 1)) | (bits)(type)(scalar)1); }\
  SODE_INLINE type type##_power(type x) {                                                                                          \
    const type magic = (type)(scalar)((integer)1 << mantissa), bias = (type)(scalar)(((integer)1 << (8 * sizeof(scalar) - 2 - mantissa)) - 1); \
    return (type)((bits)x >> mantissa | (bits)magic) - (magic + bias);                                                             \
  }

SODE_VECTOR(sode_float4, sode_float4_bits, float, int32_t, 4, 23)
SODE_VECTOR(sode_float8, sode_float8_bits, float, int32_t, 8, 23)
SODE_VECTOR(sode_float16, sode_float16_bits, float, int32_t, 16, 23)
SODE_VECTOR(sode_double2, sode_double2_bits, double, int64_t, 2, 52)
SODE_VECTOR(sode_double4, sode_double4_bits, double, int64_t, 4, 52)
SODE_VECTOR(sode_double8, sode_double8_bits, double, int64_t, 8, 52)

/* Sums of neighboring lanes, those of x and then those of y; the sum of all lanes, halves first. */
SODE_INLINE sode_float4 sode_float4_fold(sode_float4 x, sode_float4 y) {
  return __builtin_shufflevector(x, y, 0, 2, 4, 6) + __builtin_shufflevector(x, y, 1, 3, 5, 7);
}
SODE_INLINE sode_float8 sode_float8_fold(sode_float8 x, sode_float8 y) {
  return __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14) + __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15);
}
SODE_INLINE sode_float16 sode_float16_fold(sode_float16 x, sode_float16 y) {
  return __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
    + __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
SODE_INLINE sode_double2 sode_double2_fold(sode_double2 x, sode_double2 y) {
  return __builtin_shufflevector(x, y, 0, 2) + __builtin_shufflevector(x, y, 1, 3);
}
SODE_INLINE sode_double4 sode_double4_fold(sode_double4 x, sode_double4 y) {
  return __builtin_shufflevector(x, y, 0, 2, 4, 6) + __builtin_shufflevector(x, y, 1, 3, 5, 7);
}
SODE_INLINE sode_double8 sode_double8_fold(sode_double8 x, sode_double8 y) {
  return __builtin_shufflevector(x, y, 0, 2, 4, 6, 8, 10, 12, 14) + __builtin_shufflevector(x, y, 1, 3, 5, 7, 9, 11, 13, 15);
}
SODE_INLINE float sode_float4_sum(sode_float4 x) { return (x.x + x.z) + (x.y + x.w); }
SODE_INLINE float sode_float8_sum(sode_float8 x) { return sode_float4_sum(x.lo + x.hi); }
SODE_INLINE float sode_float16_sum(sode_float16 x) { return sode_float8_sum(x.lo + x.hi); }
SODE_INLINE double sode_double2_sum(sode_double2 x) { return x.x + x.y; }
SODE_INLINE double sode_double4_sum(sode_double4 x) { return (x.x + x.z) + (x.y + x.w); }
SODE_INLINE double sode_double8_sum(sode_double8 x) { return sode_double4_sum(x.lo + x.hi); }

/* Floats widened to doubles. */
SODE_INLINE sode_double2 sode_double2_widen(const float *p) { return (sode_double2){p[0], p[1]}; }
SODE_INLINE sode_double4 sode_double4_widen(const float *p) { return __builtin_convertvector(sode_float4_load(p), sode_double4); }
SODE_INLINE sode_double8 sode_double8_widen(const float *p) { return __builtin_convertvector(sode_float8_load(p), sode_double8); }

/* Doubles rounded to floats. */
SODE_INLINE void sode_double2_narrow(sode_double2 x, float *p) { p[0] = (float)x.x, p[1] = (float)x.y; }
SODE_INLINE void sode_double4_narrow(sode_double4 x, float *p) { sode_float4_store(__builtin_convertvector(x, sode_float4), p); }
SODE_INLINE void sode_double8_narrow(sode_double8 x, float *p) { sode_float8_store(__builtin_convertvector(x, sode_float8), p); }

/* Four rows of four numbers transposed: row `i` of the result. */
#define SODE_TRANSPOSED(type, scalar, name, i)                                                                                     \
  SODE_INLINE type name(type a, type b, type c, type d) {                                                                          \
    type ab = __builtin_shufflevector(a, b, i, i + 4, i, i + 4), cd = __builtin_shufflevector(c, d, i, i + 4, i, i + 4);           \
    return __builtin_shufflevector(ab, cd, 0, 1, 4, 5);                                                                            \
  }
SODE_TRANSPOSED(sode_float4, float, sode_float4_column0, 0)
SODE_TRANSPOSED(sode_float4, float, sode_float4_column1, 1)
SODE_TRANSPOSED(sode_float4, float, sode_float4_column2, 2)
SODE_TRANSPOSED(sode_float4, float, sode_float4_column3, 3)
SODE_TRANSPOSED(sode_double4, double, sode_double4_column0, 0)
SODE_TRANSPOSED(sode_double4, double, sode_double4_column1, 1)
SODE_TRANSPOSED(sode_double4, double, sode_double4_column2, 2)
SODE_TRANSPOSED(sode_double4, double, sode_double4_column3, 3)

/* `count` rows of `count` numbers transposed: each round interleaves the first half of the rows with the second, and log2(count) rounds bring every number to its place. */
#define SODE_LIST(...) __VA_ARGS__
#define SODE_TRANSPOSE(type, scalar, count, rounds, low, high)                                                                     \
  SODE_INLINE void type##_transpose(const scalar *from, intptr_t from_stride, scalar *to, intptr_t to_stride) {                    \
    type row[count], next[count];                                                                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) row[i] = type##_load(from + i * from_stride);               \
    _Pragma("clang loop unroll(full)") for (int round = 0; round < rounds; round++) {                                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < count / 2; i++) {                                                     \
        next[2 * i] = __builtin_shufflevector(row[i], row[i + count / 2], low);                                                    \
        next[2 * i + 1] = __builtin_shufflevector(row[i], row[i + count / 2], high);                                               \
      }                                                                                                                            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) row[i] = next[i];                                         \
    }                                                                                                                              \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < count; i++) type##_store(row[i], to + i * to_stride);                   \
  }
SODE_TRANSPOSE(sode_float4, float, 4, 2, SODE_LIST(0, 4, 1, 5), SODE_LIST(2, 6, 3, 7))
SODE_TRANSPOSE(sode_float8, float, 8, 3, SODE_LIST(0, 8, 1, 9, 2, 10, 3, 11), SODE_LIST(4, 12, 5, 13, 6, 14, 7, 15))
SODE_TRANSPOSE(sode_double2, double, 2, 1, SODE_LIST(0, 2), SODE_LIST(1, 3))
SODE_TRANSPOSE(sode_double4, double, 4, 2, SODE_LIST(0, 4, 1, 5), SODE_LIST(2, 6, 3, 7))
SODE_TRANSPOSE(sode_double8, double, 8, 3, SODE_LIST(0, 8, 1, 9, 2, 10, 3, 11), SODE_LIST(4, 12, 5, 13, 6, 14, 7, 15))

/* Sixteen rows of sixteen numbers: squares of 4 × 4 in each quarter of the registers, then the quarters. Every step is one instruction without a register of indices, unlike the rounds above. */
SODE_INLINE void sode_float16_transpose(const float *from, intptr_t from_stride, float *to, intptr_t to_stride) {
  sode_float16 a[16], b[16];
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i++) a[i] = sode_float16_load(from + i * from_stride);
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i += 2) {
    b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 16; i += 4) {
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 2; j++) {
      a[i + 2 * j] = __builtin_shufflevector(b[i + j], b[i + j + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      a[i + 2 * j + 1] = __builtin_shufflevector(b[i + j], b[i + j + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 4; i++) {
    _Pragma("clang loop unroll(full)") for (int j = 0; j < 16; j += 8) {
      b[i + j] = __builtin_shufflevector(a[i + j], a[i + j + 4], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      b[i + j + 4] = __builtin_shufflevector(a[i + j], a[i + j + 4], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
  }
  _Pragma("clang loop unroll(full)") for (int i = 0; i < 8; i++) {
    sode_float16_store(__builtin_shufflevector(b[i], b[i + 8], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27), to + i * to_stride);
    sode_float16_store(__builtin_shufflevector(b[i], b[i + 8], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31), to + (i + 8) * to_stride);
  }
}

/* Four times four numbers, the fours `stride` apart. */
SODE_INLINE sode_float16 sode_float16_load_fours(const float *p, intptr_t stride) {
  sode_float8 low = __builtin_shufflevector(sode_float4_load(p), sode_float4_load(p + stride), 0, 1, 2, 3, 4, 5, 6, 7);
  sode_float8 high = __builtin_shufflevector(sode_float4_load(p + 2 * stride), sode_float4_load(p + 3 * stride), 0, 1, 2, 3, 4, 5, 6, 7);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/* Numbers of two arrays taken in turn, and back, one register of each at a time. `low` and `high` choose the first and the second register of the interleaved numbers; even and odd choose from two registers. */
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

#pragma clang diagnostic pop
