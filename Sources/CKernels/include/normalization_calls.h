/// The arguments of the normalization kernels.
///
/// An image is normalized group by group of channels, x̂ = (x − mean)/σ with 1/σ = 1/√(variance + ε); or pixel by pixel, x̂ = x/√(Σ_c x² + ε), the sum over the channels. Its rows are channels × pixels; 1 column for one sample
/// and else a multiple of 16. Strides are in numbers.
#pragma once
#include "pooling_calls.h"

#pragma clang assume_nonnull begin

/// The moments of groups of neighboring rows, each column by itself.
typedef struct {
  ptrdiff_t groups;
  /// Rows of one group.
  ptrdiff_t rows;
  ptrdiff_t columns;
  Operand x;
  double epsilon;
  /// Result: three rows a group, the mean, what rounding took from it, and 1/σ. Null: the slots are the result.
  Operand statistics;
  /// Result: for each quantum of 16 columns and each group the count, the mean and Σ(x − mean)² of the first `samples` columns together.
  double *_Nullable slots;
  ptrdiff_t samples;
} MomentsCall;

/// Normalization and its derivatives; every kernel says what it reads.
typedef struct {
  ptrdiff_t channels;
  ptrdiff_t groups;
  ptrdiff_t pixels;
  ptrdiff_t columns;
  Operand x;
  /// By groups: three rows a group as in `MomentsCall`. By pixels: 1/√(Σ_c x² + ε), one row a pixel.
  Operand statistics;
  /// Two rows a group, the means of g and of g⊙x̂. By pixels: Σ_c g·x̂, one row a pixel. Null stands for zeros.
  Operand sums;
  /// 1: a number of statistics and sums for each column. 0: one for all columns.
  ptrdiff_t step;
  /// One number a channel (stride 1) or one for all (stride 0). Null stands for scale 1 and shift 0; in tangents and gradients, for none.
  Operand scale;
  Operand shift;
  Operand scaleChange;
  Operand shiftChange;
  /// Tangent of x or cotangent of the result.
  Operand v;
  /// σ', null for 1.
  Operand slope;
  /// The raw value of LinearAlgebra's `Activation`. In derivatives: ReLU's slopes are computed from x, and `slope` is not read; others are not looked at.
  int32_t activation;
  double factor;
  Operand base;
  Operand out;
  double epsilon;
  /// Sums of a batch: for each quantum of 16 columns and each channel Σg and Σg⊙x̂ over the first `samples` columns.
  double *_Nullable slots;
  ptrdiff_t samples;
} NormalizationCall;

#pragma clang assume_nonnull end
