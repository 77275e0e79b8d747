/// The arguments of the convolution kernels.
///
/// An image of a tile is channels × height × width pixels, each a row of the tile: `lanes` numbers, which are 1 for one sample and else the samples of 16 or more columns. A convolution runs in three parts. The *border*
/// copies the image with its padding into a *plane*, so that no tap is outside. The *convolution* sums over taps in the plane. Its *result* is what follows: bias, activation, slope and update.
///
/// Offsets and advances are in numbers (not bytes), strides of images in numbers from pixel to pixel.
#pragma once
#include "kernel_calls.h"

#pragma clang assume_nonnull begin

/// A plane and the image from which it is made, channel by channel.
///
/// For strides above 1 the plane is cut into phases: plane pixel (y, x) lies in phase (y mod strideY, x mod strideX), at (y / strideY, x / strideX). Then the inputs of neighboring outputs are always neighbors.
typedef struct {
  ptrdiff_t channels;
  ptrdiff_t height;
  ptrdiff_t width;
  /// Rows of padding above the image and columns left of it; below 0, the image is cut.
  ptrdiff_t top;
  ptrdiff_t left;
  /// The raw value of LinearAlgebra's `Padding`.
  int32_t padding;
  ptrdiff_t strideY;
  ptrdiff_t strideX;
  /// The phases that are made, which are the first ones.
  ptrdiff_t phasesY;
  ptrdiff_t phasesX;
  /// Pixels of a phase.
  ptrdiff_t phaseHeight;
  ptrdiff_t phaseWidth;
  /// Plane pixels from one channel to the next.
  ptrdiff_t channelAdvance;
  ptrdiff_t lanes;
  const void *image;
  ptrdiff_t imageStride;
  void *plane;
} BorderCall;

/// out = base + scale·σ(sum + bias) and slope = σ'(sum + bias), pixel by pixel.
typedef struct {
  /// One number a channel (stride 1) or one for all (stride 0).
  const void *_Nullable bias;
  ptrdiff_t biasStride;
  /// The raw value of LinearAlgebra's `Activation`.
  int32_t activation;
  double scale;
  const void *_Nullable base;
  ptrdiff_t baseStride;
  void *out;
  ptrdiff_t outStride;
  void *_Nullable slope;
  ptrdiff_t slopeStride;
  /// Pixels of one channel.
  ptrdiff_t pixels;
  ptrdiff_t lanes;
} ConvolutionResult;

/// Sums over taps: sum[o, p] = bias[o] + Σ_k weights[o, k]·plane[position(p) + taps[k]], k ascending, for a grid of positions and every group of channels.
typedef struct {
  const void *plane;
  const ptrdiff_t *taps;
  ptrdiff_t tapCount;
  ptrdiff_t groups;
  /// Channels of one group's results.
  ptrdiff_t outputs;
  /// From one group's inputs to the next's.
  ptrdiff_t groupAdvance;
  /// Packed: blocks of up to four outputs (`ConvolutionBlocks`); in a block k is outside, outputs are inside.
  const void *weights;
  ptrdiff_t height;
  ptrdiff_t width;
  ptrdiff_t start;
  ptrdiff_t rowAdvance;
  /// The pixel of the first position's result, and the steps to those of the next row and column of the grid.
  ptrdiff_t pixel;
  ptrdiff_t pixelRowStep;
  ptrdiff_t pixelStep;
  /// One sample: for each of a group's outputs room for the grid, its rows as long as the plane's, and 32 numbers more; then room for one grid without gaps.
  void *_Nullable sums;
  ConvolutionResult result;
} ConvolutionCall;

/// The transpose of a border: each pixel of the image sums the pixels of the plane that were made from it, in their order; then follows the result.
typedef struct {
  /// `image` is not read. The plane has one phase.
  BorderCall border;
  /// Room for one row of the image.
  void *sums;
  ConvolutionResult result;
} FoldCall;

/// gradient[o, k] += Σ_p Σ_lanes left[o, p]·plane[position(p) + taps[k]] for a grid of positions and every group of channels.
typedef struct {
  const void *plane;
  const ptrdiff_t *taps;
  ptrdiff_t tapCount;
  ptrdiff_t groups;
  ptrdiff_t outputs;
  ptrdiff_t groupAdvance;
  /// A plane of its own, without border: `leftChannelAdvance` from channel to channel, `leftRowAdvance` from row to row.
  const void *left;
  ptrdiff_t leftChannelAdvance;
  ptrdiff_t leftRowAdvance;
  ptrdiff_t height;
  /// Numbers of a row of the grid, a multiple of 16.
  ptrdiff_t rowLength;
  ptrdiff_t rowAdvance;
  /// Row-major: all outputs × tapCount.
  void *gradient;
} ConvolutionGradientCall;

/// Weights [outputs, inputs / groups, taps] into the order in which a convolution reads them.
typedef struct {
  const void *weights;
  ptrdiff_t groups;
  /// Channels of one group's results and inputs.
  ptrdiff_t outputs;
  ptrdiff_t inputs;
  /// The outputs of each group that are packed: from a multiple of 4 to a multiple of 4 with at least 8 behind it, or to the last.
  ptrdiff_t firstOutput;
  ptrdiff_t endOutput;
  /// From one group, output and input to the next.
  ptrdiff_t groupStride;
  ptrdiff_t outputStride;
  ptrdiff_t inputStride;
  /// The taps that are taken, in order: `tapRows` × `tapColumns`, beginning at `firstTap`.
  ptrdiff_t firstTap;
  ptrdiff_t tapRows;
  ptrdiff_t tapRowStep;
  ptrdiff_t tapColumns;
  ptrdiff_t tapColumnStep;
  void *packed;
} PackingCall;

/// A 3 × 3 convolution of stride 1 by Winograd's F(2×2, 3×3): for each square of 2 × 2 outputs 16 products instead of 36.
///
/// A tile reads its image where it lies. For one sample `border` has made a plane, with an even number of rows and columns in 2 × 2 phases.
typedef struct {
  BorderCall border;
  ptrdiff_t groups;
  /// Channels of one group's inputs and results.
  ptrdiff_t inputs;
  ptrdiff_t outputs;
  /// Transformed by the kernel `packWinograd`.
  const void *weights;
  ptrdiff_t height;
  ptrdiff_t width;
  /// Room for `sode_winograd_room` numbers.
  void *room;
  ConvolutionResult result;
} WinogradCall;

/// gradient[o, c, 3 × 3] += the derivative with respect to the weights, by the transpose of F(2×2, 3×3).
typedef struct {
  /// Of the right operand, whose image is read where it lies.
  BorderCall border;
  ptrdiff_t groups;
  ptrdiff_t inputs;
  ptrdiff_t outputs;
  const void *left;
  ptrdiff_t leftStride;
  ptrdiff_t height;
  ptrdiff_t width;
  /// Room for one place an input channel.
  ptrdiff_t *places;
  /// Room for `sode_winograd_gradient_room` numbers.
  void *room;
  void *gradient;
  /// The groups that are computed, and the rows of squares: the first is a multiple of the band's, the last another one or behind all rows. Sums stay in the room from one call of a group to the next; the call with the
  /// last row adds them to the gradient.
  ptrdiff_t firstGroup;
  ptrdiff_t endGroup;
  ptrdiff_t firstRow;
  ptrdiff_t endRow;
} WinogradGradientCall;

/// Outputs are transformed in blocks of four; those of the last block that do not exist have the weights 0.
static inline ptrdiff_t sode_winograd_outputs(ptrdiff_t outputs) { return (outputs + 3) & ~(ptrdiff_t)3; }

/// The most squares of a row that a tile takes at once; they share the number of all squares of the row evenly.
static inline ptrdiff_t sode_winograd_squares(ptrdiff_t columns) {
  const ptrdiff_t parts = (columns + 7) / 8;
  return (columns + parts - 1) / parts;
}

/// Numbers of `WinogradCall.room`: four transformed inputs and four sums for each square and channel, a row of results or, for one sample, a channel's, and two places for each register of squares.
static inline ptrdiff_t sode_winograd_room(ptrdiff_t inputs, ptrdiff_t outputs, ptrdiff_t height, ptrdiff_t width, ptrdiff_t lanes) {
  const ptrdiff_t rows = (height + 1) / 2, columns = (width + 1) / 2;
  const ptrdiff_t squares = lanes == 1 ? (rows * columns + 15) & ~(ptrdiff_t)15 : sode_winograd_squares(columns) * lanes;
  const ptrdiff_t results = lanes == 1 ? 4 * squares + 256 : 2 * sode_winograd_squares(columns) * lanes;
  return squares * (4 * (inputs + sode_winograd_outputs(outputs)) + 1) + results + 256;
}

/// Rows of squares that the gradient takes at once: four transformed numbers for each take some three quarters of a second-level cache of 512 KB.
static inline ptrdiff_t sode_winograd_band(ptrdiff_t inputs, ptrdiff_t outputs, ptrdiff_t height, ptrdiff_t width, ptrdiff_t lanes) {
  const ptrdiff_t rows = (height + 1) / 2, columns = (width + 1) / 2;
  const ptrdiff_t most = 98304 / (4 * (inputs + outputs) * columns * lanes);
  const ptrdiff_t bands = most < 1 ? rows : (rows + most - 1) / most;
  return (rows + bands - 1) / bands;
}

/// Numbers of `WinogradGradientCall.room`: 16 sums for each pair of channels, a band's transformed outputs and inputs, and a piece of the inputs that is transposed.
static inline ptrdiff_t sode_winograd_gradient_room(ptrdiff_t inputs, ptrdiff_t outputs, ptrdiff_t height, ptrdiff_t width, ptrdiff_t lanes) {
  return 16 * inputs * outputs + 4 * sode_winograd_band(inputs, outputs, height, width, lanes) * ((width + 1) / 2) * lanes * (inputs + outputs) + 64 * 96;
}

#pragma clang assume_nonnull end
