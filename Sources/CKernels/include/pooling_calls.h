/// The arguments of the pooling kernels.
///
/// An image of a tile is channels × height × width pixels, each a row of the tile: 1 column for one sample and else a multiple of 16. Strides are in numbers from pixel to pixel.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Rows of numbers, `stride` apart. Null: there are none.
typedef struct {
  void *_Nullable base;
  ptrdiff_t stride;
} Operand;

/// Windows along one axis: window o covers the pixels from o·stride − before on; those outside of the image do not count.
typedef struct {
  ptrdiff_t input;
  ptrdiff_t output;
  ptrdiff_t window;
  ptrdiff_t stride;
  ptrdiff_t before;
} PoolingAxis;

/// out = base + scale·(pooled x), or of the transpose, for which x holds the windows' numbers and out the image.
typedef struct {
  ptrdiff_t channels;
  PoolingAxis vertical;
  PoolingAxis horizontal;
  ptrdiff_t columns;
  double scale;
  Operand x;
  /// Maximum: for every window the number of the pixel that was the largest, counted in the window from 0 in row-major order. Written by `maxPool`, read by its derivatives.
  Operand record;
  Operand base;
  Operand out;
} PoolingCall;

/// out[c] = base[c] + scale·Σ of the channel's pixels, or of the transpose out[c, i] = base[c, i] + scale·x[c].
typedef struct {
  ptrdiff_t channels;
  ptrdiff_t pixels;
  ptrdiff_t columns;
  double scale;
  Operand x;
  Operand base;
  Operand out;
} ChannelSumCall;

#pragma clang assume_nonnull end
