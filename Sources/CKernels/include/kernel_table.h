/// The entries of one kernel module for one precision.
///
/// Each of the modules KernelsV1, V3 and V4 makes one table for each precision from the same source. Code compiled for AVX2 or AVX-512 is reached only through its table, and LinearAlgebra makes
/// only the tables that the processor can run. Entries retain, throw and allocate nothing.
#pragma once
#include "convolution_kernels.h"
#include "image_kernels.h"

#pragma clang assume_nonnull begin

/// A kernel whose arguments are one of the structs in kernel_calls.h, into which it may write results.
typedef void (*_Nonnull KernelOfCall)(void *call);

typedef struct {
  /// `AffineCall`, columns a multiple of 16.
  KernelOfCall affineTile;
  /// `AffineCall`, one column.
  KernelOfCall affineOne;
  /// `AffineChainCall`.
  KernelOfCall affineChain;
  /// `ElementwiseCall`: out = base + a·x⊙y.
  KernelOfCall multiply;
  /// `SummingProductCall`: out = a·x⊙y and sums[i·sumStride] += Σ_s out[i,s].
  KernelOfCall multiplySumming;
  /// `ElementwiseCall`: out = a·x + b·y.
  KernelOfCall combine;
  /// `ElementwiseCall`: out = x.
  KernelOfCall copy;
  /// out = value.
  void (*fill)(void *out, double value, ptrdiff_t count);
  /// `OuterCall`.
  KernelOfCall outer;
  /// `ElementwiseCall`: out[i·outStride] += Σ_s x[i,s].
  KernelOfCall rowSums;
  /// Σ xᵢyᵢ, summed in Double.
  double (*dot)(const void *x, const void *y, ptrdiff_t count);
  /// Σ (xᵢ − yᵢ)², summed in Double.
  double (*squaredDistance)(const void *x, const void *y, ptrdiff_t count);
  /// The largest |xᵢ − yᵢ|, or |xᵢ| without y; NaN if one of them is not finite.
  double (*largestDifference)(const void *x, const void *_Nullable y, ptrdiff_t count);
  /// Whether all x are finite.
  bool (*allFinite)(const void *x, ptrdiff_t count);
  /// `SquareCall`: out = ½(x − xᵀ − diagonal·I).
  KernelOfCall antisymmetrize;
  /// `OptimizerCall`.
  KernelOfCall sgd;
  KernelOfCall adam;
  /// `LossCall`.
  KernelOfCall crossEntropy;
  KernelOfCall logistic;
  KernelOfCall leastSquares;
  /// `LossCall`: gradient = softmax(scores) over the classes.
  KernelOfCall softmax;
  /// out = σ(x), σ given by the raw value of LinearAlgebra's `Activation`.
  void (*activation)(int32_t activation, const void *x, void *out, ptrdiff_t count);
  /// out = exp(x).
  void (*exponential)(const void *x, void *out, ptrdiff_t count);
  /// `TensorCall`.
  KernelOfCall gather;
  KernelOfCall scatter;
  /// `ActivateCall`: out = base + scale·σ(x), slope = σ'(x).
  KernelOfCall activate;
  /// `ElementwiseCall`: out[i,s] = base[i,s] + a·x[i·xStride]·y[i,s].
  KernelOfCall scaleRows;
  /// `ElementwiseCall`: out[i·outStride] += a·Σ_s x[i,s]·y[i,s].
  KernelOfCall rowDots;
  /// `ElementwiseCall`: out[s] = Σ_i x[i,s]·y[i,s].
  KernelOfCall columnDots;
  /// `ElementwiseCall`: out[i,s] = base[s] ≠ 0 ? x[i,s] : y[i,s].
  KernelOfCall selectColumns;
  /// `ElementwiseCall`: out[s] = √(mean_i (x/(b + a·max(|y|, |base|)))²).
  KernelOfCall errorNorms;
  /// `WeightedSumCall`: out = base + Σ_m a_m·x_m.
  KernelOfCall weightedSum;
  /// `PathCall`.
  KernelOfCall path;
  /// `DrawCall`.
  KernelOfCall draw;
  ConvolutionKernels convolution;
  ImageKernels image;
} KernelTable;

#pragma clang assume_nonnull end
