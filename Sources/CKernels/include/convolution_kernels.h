/// The entries of the convolution kernels of one module for one precision, a part of `KernelTable`.
#pragma once
#include "convolution_calls.h"

#pragma clang assume_nonnull begin

typedef struct {
  /// `BorderCall`.
  void (*border)(void *call);
  /// `FoldCall`.
  void (*fold)(void *call);
  /// `PackingCall`.
  void (*pack)(void *call);
  /// `ConvolutionCall`, lanes a multiple of 16.
  void (*tile)(void *call);
  /// `ConvolutionCall`, one lane.
  void (*one)(void *call);
  /// `ConvolutionGradientCall`.
  void (*gradient)(void *call);
  /// `PackingCall`, float32 alone: 16·`sode_winograd_outputs`·inputs transformed weights a group.
  void (*_Nullable packWinograd)(void *call);
  /// `WinogradCall`, 16 lanes or one, float32 alone.
  void (*_Nullable winogradTile)(void *call);
  void (*_Nullable winogradOne)(void *call);
  /// The same for one sample whose pixels are neighbors, if a group's inputs and its outputs are multiples of 16. It makes the plane itself. NULL where registers have fewer lanes.
  void (*_Nullable winogradChannels)(void *call);
  /// `WinogradGradientCall`, 16 lanes, float32 alone.
  void (*_Nullable winogradGradient)(void *call);
} ConvolutionKernels;

#pragma clang assume_nonnull end
