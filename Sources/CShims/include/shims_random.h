/* Random words for the kernels, sixteen samples side by side; a scalar loop takes twenty times as long. */
#pragma once
#include "shims_vectors.h"

typedef uint32_t sode_words __attribute__((ext_vector_type(16)));
typedef uint64_t sode_wide_words __attribute__((ext_vector_type(16)));

/* Philox4x32-10 (Salmon et al. 2011) of the counters (sample + lane, 0, row, layer), samples modulo 2^32: the upper 24 bits of word w of a lane go to words[16 * w + lane]. */
SODE_INLINE void sode_draw_words(uint64_t key, uint32_t sample, uint32_t row, uint32_t layer, int32_t *words) {
  const sode_words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  sode_words x = sample + lanes, y = 0, z = row, w = layer;
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    const sode_wide_words a = __builtin_convertvector(x, sode_wide_words) * 0xD2511F53u, b = __builtin_convertvector(z, sode_wide_words) * 0xCD9E8D57u;
    x = __builtin_convertvector(b >> 32, sode_words) ^ y ^ k0;
    z = __builtin_convertvector(a >> 32, sode_words) ^ w ^ k1;
    y = __builtin_convertvector(b, sode_words);
    w = __builtin_convertvector(a, sode_words);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int lane = 0; lane < 16; lane++) {
    words[lane] = (int32_t)(x[lane] >> 8);
    words[16 + lane] = (int32_t)(y[lane] >> 8);
    words[32 + lane] = (int32_t)(z[lane] >> 8);
    words[48 + lane] = (int32_t)(w[lane] >> 8);
  }
}
