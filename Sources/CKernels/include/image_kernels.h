/// The entries of the kernels for pooling and normalization of one module for one precision, a part of `KernelTable`.
#pragma once
#include "normalization_calls.h"

#pragma clang assume_nonnull begin

typedef struct {
  /// `PoolingCall`.
  void (*averagePool)(void *call);
  void (*averagePoolTransposed)(void *call);
  /// `PoolingCall`: out = base + scale·max, record = the pixel of each window's maximum.
  void (*maxPool)(void *call);
  /// `PoolingCall`: out = base + scale·(x at the record's pixels), and its transpose.
  void (*maxPoolTangent)(void *call);
  void (*maxPoolTransposed)(void *call);
  /// `ChannelSumCall`.
  void (*channelSums)(void *call);
  void (*channelSumsTransposed)(void *call);
  /// `MomentsCall`.
  void (*moments)(void *call);
  /// `NormalizationCall`: out = base + factor·σ(scale·x̂ + shift), slope = σ'(…). By groups, by pixels.
  void (*normalize)(void *call);
  void (*normalizePixels)(void *call);
  /// `NormalizationCall`: with g = scale⊙v⊙slope the means of g and g⊙x̂ for `sums`; `scaleChange` += factor·Σ v⊙slope⊙x̂, `shiftChange` += factor·Σ v⊙slope over a channel's pixels and all columns; `slots`. By pixels:
  /// `scaleChange` and `shiftChange` alone.
  void (*normalizationSums)(void *call);
  void (*pixelGradients)(void *call);
  /// `NormalizationCall`: out = base + factor·slope⊙(scale/σ·(v − sums₁ − x̂·sums₂) + scaleChange·x̂ + shiftChange).
  void (*normalizationTangent)(void *call);
  void (*pixelTangent)(void *call);
  /// `NormalizationCall`: out = base + factor/σ·(scale⊙v⊙slope − sums₁ − x̂·sums₂).
  void (*normalizationPullback)(void *call);
  void (*pixelPullback)(void *call);
  /// `NormalizationCall`: statistics = 1/√(Σ_c x² + epsilon), one row a pixel.
  void (*pixelStatistics)(void *call);
  /// `NormalizationCall`: sums = Σ_c scale⊙v⊙slope⊙x̂, one row a pixel.
  void (*pixelSums)(void *call);
} ImageKernels;

#pragma clang assume_nonnull end
