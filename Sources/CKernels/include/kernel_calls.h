/// The arguments of kernels: one struct for each kind of call, handed over by its address.
///
/// They hold raw memory and strides in elements, and no vector types, so that code of any instruction set can pass them. They are C structs because Swift gives those a memberwise initializer
/// that every module can inline. Features are rows, samples are columns.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// out = base + scale·σ(W x + bias) and slope = σ'(W x + bias); features × samples, strides in elements.
typedef struct {
  const void *weights;
  ptrdiff_t rowStride;
  ptrdiff_t columnStride;
  ptrdiff_t outputs;
  ptrdiff_t inputs;
  const void *_Nullable bias;
  ptrdiff_t biasStride;
  /// The raw value of LinearAlgebra's `Activation`.
  int32_t activation;
  double scale;
  const void *x;
  ptrdiff_t xStride;
  const void *_Nullable base;
  ptrdiff_t baseStride;
  void *out;
  ptrdiff_t outStride;
  void *_Nullable slope;
  ptrdiff_t slopeStride;
  /// 1, or a multiple of 16.
  ptrdiff_t columns;
} AffineCall;

/// `layers` times one or two affine maps of one sample; weights and bias advance by bytes from layer to layer.
typedef struct {
  AffineCall first;
  ptrdiff_t firstWeightAdvance;
  ptrdiff_t firstBiasAdvance;
  /// Runs after `first` in each layer if `two`.
  AffineCall second;
  ptrdiff_t secondWeightAdvance;
  ptrdiff_t secondBiasAdvance;
  bool two;
  ptrdiff_t layers;
  /// Whether `first` reads in one layer what it wrote in the layer before: the addresses `x` and `base` swap with `out`.
  bool exchanges;
} AffineChainCall;

/// An elementwise operation on up to three inputs and one output of rows × columns; strides in elements from row to row.
typedef struct {
  double a;
  double b;
  const void *x;
  ptrdiff_t xStride;
  const void *_Nullable y;
  ptrdiff_t yStride;
  const void *_Nullable base;
  ptrdiff_t baseStride;
  void *out;
  ptrdiff_t outStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
} ElementwiseCall;

/// out = a·x⊙y and sums[i·sumStride] += Σ_s out[i,s]; strides in elements from row to row.
typedef struct {
  double a;
  const void *x;
  ptrdiff_t xStride;
  const void *y;
  ptrdiff_t yStride;
  void *out;
  ptrdiff_t outStride;
  void *sums;
  ptrdiff_t sumStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
} SummingProductCall;

/// out[i,k] += Σ_s left[i,s]·right[k,s].
typedef struct {
  const void *left;
  ptrdiff_t leftStride;
  const void *right;
  ptrdiff_t rightStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
  ptrdiff_t samples;
  void *out;
  ptrdiff_t rowStride;
  ptrdiff_t columnStride;
} OuterCall;

/// A square matrix in, a square matrix out: antisymmetric parts. Strides in elements.
typedef struct {
  ptrdiff_t size;
  /// Subtracted from the diagonal before halving.
  double diagonal;
  const void *x;
  ptrdiff_t xRowStride;
  ptrdiff_t xColumnStride;
  void *out;
  ptrdiff_t outRowStride;
  ptrdiff_t outColumnStride;
  /// The rows that are computed, each with its mirror image, from the diagonal on: a multiple of 16 and another one, or `size`.
  ptrdiff_t firstRow;
  ptrdiff_t endRow;
} SquareCall;

/// One fused update of parameters from their gradient.
typedef struct {
  void *parameters;
  const void *gradient;
  /// Velocity of SGD, first moment of Adam.
  void *_Nullable first;
  void *_Nullable second;
  ptrdiff_t count;
  double rate;
  /// μ of SGD, β₁ of Adam.
  double momentum;
  double beta2;
  double epsilon;
  double correction1;
  double correction2;
  double weightDecay;
  double decoupledDecay;
  bool nesterov;
} OptimizerCall;

/// A loss over a tile of classes × samples; the first `count` columns are samples, the others padding.
typedef struct {
  const void *scores;
  ptrdiff_t scoreStride;
  ptrdiff_t classes;
  ptrdiff_t columns;
  ptrdiff_t count;
  const int32_t *_Nullable labels;
  const void *_Nullable targets;
  ptrdiff_t targetStride;
  void *_Nullable gradient;
  ptrdiff_t gradientStride;
  double scale;
  /// Each sample's weight in the loss, float64; null: all 1.
  const double *_Nullable weights;
  /// The part of each label that is spread evenly over all classes (label smoothing).
  double smoothing;
  /// Result: the sum over the samples.
  double loss;
  /// Result: samples whose best score is their label's.
  ptrdiff_t correct;
} LossCall;

/// A tile and a caller's samples × features array, which may hold any element type and any strides.
typedef struct {
  /// The element at row 0, column 0.
  void *tensor;
  /// The raw value of LinearAlgebra's `ElementType`.
  int32_t type;
  ptrdiff_t rowStride;
  ptrdiff_t columnStride;
  /// Features that the array has.
  ptrdiff_t columns;
  /// Where features are images whose numbers lie at several distances: extents and strides of their rows and pixels, `columnStride` being that of channels. Otherwise `width` is 0.
  ptrdiff_t height;
  ptrdiff_t width;
  ptrdiff_t heightStride;
  ptrdiff_t widthStride;
  const int64_t *_Nullable rowNumbers;
  ptrdiff_t start;
  ptrdiff_t count;
  /// Shift and scale of each feature in the tile's precision, for numbers that it holds exactly; null if that precision does not hold shift or scale.
  const void *_Nullable shift;
  const void *_Nullable scale;
  /// The same in float64, for all other numbers.
  const double *_Nullable wideShift;
  const double *_Nullable wideScale;
  void *tile;
  ptrdiff_t tileStride;
  ptrdiff_t tileRows;
  ptrdiff_t tileColumns;
} TensorCall;

/// out = base + scale·σ(x) and slope = σ'(x) on rows × columns; strides in elements from row to row.
typedef struct {
  /// The raw value of LinearAlgebra's `Activation`.
  int32_t activation;
  double scale;
  const void *x;
  ptrdiff_t xStride;
  const void *_Nullable base;
  ptrdiff_t baseStride;
  void *out;
  ptrdiff_t outStride;
  void *_Nullable slope;
  ptrdiff_t slopeStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
} ActivateCall;

/// A block and its coefficient in a weighted sum; `stride` in elements from row to row.
typedef struct {
  double coefficient;
  const void *_Nullable x;
  ptrdiff_t stride;
} WeightedTerm;

/// out = base + Σ_m coefficient_m·x_m over `count` terms; strides in elements from row to row.
typedef struct {
  const WeightedTerm *terms;
  ptrdiff_t count;
  /// One number for each column, by which the sum is multiplied; null for none.
  const void *_Nullable factors;
  const void *_Nullable base;
  ptrdiff_t baseStride;
  void *out;
  ptrdiff_t outStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
} WeightedSumCall;

/// One place at which a path is read: times are those of the block, which each sample maps onto its own.
typedef struct {
  double time;
  /// Where the piece of the path is looked up: a little after `time`, or a little before it where a layer ends.
  double lookup;
  /// A little after the beginning of the layer.
  double begin;
  /// Events: the factor of the time since the last observation; 0 at an observation.
  double gap;
  /// Events: the weight of the observation; 0 between observations.
  double weight;
  /// The step whose observation is read; -1 between observations, where the path is interpolated.
  ptrdiff_t step;
} PathPoint;

/// Paths through a tile's observations, read at the same points of every sample: out[p·rows + lead + c, s].
typedef struct {
  /// The tile that holds times and masks, and the one that holds the values: read, or for the transpose added to.
  const void *knots;
  ptrdiff_t knotStride;
  void *values;
  ptrdiff_t valueStride;
  ptrdiff_t steps;
  ptrdiff_t channels;
  /// Features of one step, and where its time, values and masks begin; -1 for none.
  ptrdiff_t stepWidth;
  ptrdiff_t timeOffset;
  ptrdiff_t valueOffset;
  ptrdiff_t maskOffset;
  /// The raw values of LinearAlgebra's `PathInterpolation` and `PathForm`.
  int32_t interpolation;
  int32_t form;
  const PathPoint *points;
  ptrdiff_t count;
  double horizon;
  /// Whether a sample's own span is mapped onto the horizon.
  bool isScaled;
  bool isTangent;
  bool isTransposed;
  /// Rows before the channels of a point.
  ptrdiff_t lead;
  void *out;
  ptrdiff_t outStride;
  ptrdiff_t columns;
} PathCall;

/// out[i,s] = number i of sample s of a stream: rows × columns, `outStride` in elements; columns 1 or a multiple of 16.
typedef struct {
  /// 0: a + b·u, u uniform in [0, 1). 1: a·ξ, ξ normal. 2: a where u·2²⁴ < b, else 0.
  int32_t kind;
  uint32_t layer;
  uint32_t stream;
  uint64_t key;
  /// The number of the first column's sample, modulo 2³².
  uint32_t sample;
  double a;
  double b;
  void *out;
  ptrdiff_t outStride;
  ptrdiff_t rows;
  ptrdiff_t columns;
} DrawCall;

#pragma clang assume_nonnull end
