// What a kernel is told, by the address of one of these: raw memory, strides in elements, no vector types, so that code of any instruction set may pass them.

/// out = base + scale·σ(W x + bias) and slope = σ'(W x + bias); features × samples, strides in elements.
package struct AffineCall {
  package var weights: UnsafeRawPointer
  package var rowStride: Int
  package var columnStride: Int
  package var outputs: Int
  package var inputs: Int
  package var bias: UnsafeRawPointer?
  package var biasStride: Int
  /// The raw value of LinearAlgebra's `Activation`.
  package var activation: Int32
  package var scale: Double
  package var x: UnsafeRawPointer
  package var xStride: Int
  package var base: UnsafeRawPointer?
  package var baseStride: Int
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var slope: UnsafeMutableRawPointer?
  package var slopeStride: Int
  /// 1, or a multiple of 16.
  package var columns: Int

  @inlinable package init(
    weights: UnsafeRawPointer, rowStride: Int, columnStride: Int, outputs: Int, inputs: Int, bias: UnsafeRawPointer?, biasStride: Int, activation: Int32, scale: Double, x: UnsafeRawPointer, xStride: Int, base: UnsafeRawPointer?, baseStride: Int, out: UnsafeMutableRawPointer, outStride: Int, slope: UnsafeMutableRawPointer?, slopeStride: Int, columns: Int
  ) {
    self.weights = weights
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.outputs = outputs
    self.inputs = inputs
    self.bias = bias
    self.biasStride = biasStride
    self.activation = activation
    self.scale = scale
    self.x = x
    self.xStride = xStride
    self.base = base
    self.baseStride = baseStride
    self.out = out
    self.outStride = outStride
    self.slope = slope
    self.slopeStride = slopeStride
    self.columns = columns
  }
}

/// `layers` times one or two affine maps of one sample; weights and bias advance by bytes from layer to layer.
package struct AffineChainCall {
  package var first: AffineCall
  package var firstWeightAdvance: Int
  package var firstBiasAdvance: Int
  /// Runs after `first` in each layer when `two` says so.
  package var second: AffineCall
  package var secondWeightAdvance: Int
  package var secondBiasAdvance: Int
  package var two: Bool
  package var layers: Int
  /// Whether `first` reads in one layer what it wrote in the layer before: x and base change places with out.
  package var exchanges: Bool

  package init(
    first: AffineCall, firstWeightAdvance: Int, firstBiasAdvance: Int, second: AffineCall, secondWeightAdvance: Int, secondBiasAdvance: Int, two: Bool, layers: Int, exchanges: Bool
  ) {
    self.first = first
    self.firstWeightAdvance = firstWeightAdvance
    self.firstBiasAdvance = firstBiasAdvance
    self.second = second
    self.secondWeightAdvance = secondWeightAdvance
    self.secondBiasAdvance = secondBiasAdvance
    self.two = two
    self.layers = layers
    self.exchanges = exchanges
  }
}

/// An elementwise operation on up to three inputs and one output of rows × columns; strides in elements from row to row.
package struct ElementwiseCall {
  package var a: Double
  package var b: Double
  package var x: UnsafeRawPointer
  package var xStride: Int
  package var y: UnsafeRawPointer?
  package var yStride: Int
  package var base: UnsafeRawPointer?
  package var baseStride: Int
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var rows: Int
  package var columns: Int

  @inlinable package init(
    a: Double, b: Double, x: UnsafeRawPointer, xStride: Int, y: UnsafeRawPointer?, yStride: Int, base: UnsafeRawPointer?, baseStride: Int, out: UnsafeMutableRawPointer, outStride: Int, rows: Int, columns: Int
  ) {
    self.a = a
    self.b = b
    self.x = x
    self.xStride = xStride
    self.y = y
    self.yStride = yStride
    self.base = base
    self.baseStride = baseStride
    self.out = out
    self.outStride = outStride
    self.rows = rows
    self.columns = columns
  }
}

/// out = a·x⊙y and sums[i·sumStride] += Σ_s out[i,s]; strides in elements from row to row.
package struct SummingProductCall {
  package var a: Double
  package var x: UnsafeRawPointer
  package var xStride: Int
  package var y: UnsafeRawPointer
  package var yStride: Int
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var sums: UnsafeMutableRawPointer
  package var sumStride: Int
  package var rows: Int
  package var columns: Int

  @inlinable package init(
    a: Double, x: UnsafeRawPointer, xStride: Int, y: UnsafeRawPointer, yStride: Int, out: UnsafeMutableRawPointer, outStride: Int, sums: UnsafeMutableRawPointer, sumStride: Int,
    rows: Int, columns: Int
  ) {
    self.a = a
    self.x = x
    self.xStride = xStride
    self.y = y
    self.yStride = yStride
    self.out = out
    self.outStride = outStride
    self.sums = sums
    self.sumStride = sumStride
    self.rows = rows
    self.columns = columns
  }
}

/// out[i,k] += Σ_s left[i,s]·right[k,s].
package struct OuterCall {
  package var left: UnsafeRawPointer
  package var leftStride: Int
  package var right: UnsafeRawPointer
  package var rightStride: Int
  package var rows: Int
  package var columns: Int
  package var samples: Int
  package var out: UnsafeMutableRawPointer
  package var rowStride: Int
  package var columnStride: Int

  @inlinable package init(
    left: UnsafeRawPointer, leftStride: Int, right: UnsafeRawPointer, rightStride: Int, rows: Int, columns: Int, samples: Int, out: UnsafeMutableRawPointer, rowStride: Int, columnStride: Int
  ) {
    self.left = left
    self.leftStride = leftStride
    self.right = right
    self.rightStride = rightStride
    self.rows = rows
    self.columns = columns
    self.samples = samples
    self.out = out
    self.rowStride = rowStride
    self.columnStride = columnStride
  }
}

/// A square matrix in, a square matrix out: antisymmetric parts. Strides in elements.
package struct SquareCall {
  package var size: Int
  /// Subtracted from the diagonal before halving.
  package var diagonal: Double
  package var x: UnsafeRawPointer
  package var xRowStride: Int
  package var xColumnStride: Int
  package var out: UnsafeMutableRawPointer
  package var outRowStride: Int
  package var outColumnStride: Int

  @inlinable package init(
    size: Int, diagonal: Double, x: UnsafeRawPointer, xRowStride: Int, xColumnStride: Int, out: UnsafeMutableRawPointer, outRowStride: Int, outColumnStride: Int
  ) {
    self.size = size
    self.diagonal = diagonal
    self.x = x
    self.xRowStride = xRowStride
    self.xColumnStride = xColumnStride
    self.out = out
    self.outRowStride = outRowStride
    self.outColumnStride = outColumnStride
  }
}

/// One fused update of parameters from their gradient.
package struct OptimizerCall {
  package var parameters: UnsafeMutableRawPointer
  package var gradient: UnsafeRawPointer
  /// Velocity of SGD, first moment of Adam.
  package var first: UnsafeMutableRawPointer?
  package var second: UnsafeMutableRawPointer?
  package var count: Int
  package var rate: Double
  /// μ of SGD, β₁ of Adam.
  package var momentum: Double
  package var beta2: Double
  package var epsilon: Double
  package var correction1: Double
  package var correction2: Double
  package var weightDecay: Double
  package var decoupledDecay: Double
  package var nesterov: Bool

  @inlinable package init(
    parameters: UnsafeMutableRawPointer, gradient: UnsafeRawPointer, first: UnsafeMutableRawPointer?, second: UnsafeMutableRawPointer?, count: Int, rate: Double, momentum: Double, beta2: Double, epsilon: Double, correction1: Double, correction2: Double, weightDecay: Double, decoupledDecay: Double, nesterov: Bool
  ) {
    self.parameters = parameters
    self.gradient = gradient
    self.first = first
    self.second = second
    self.count = count
    self.rate = rate
    self.momentum = momentum
    self.beta2 = beta2
    self.epsilon = epsilon
    self.correction1 = correction1
    self.correction2 = correction2
    self.weightDecay = weightDecay
    self.decoupledDecay = decoupledDecay
    self.nesterov = nesterov
  }
}

/// A loss over a tile of classes × samples; the first `count` columns are samples, the others padding.
package struct LossCall {
  package var scores: UnsafeRawPointer
  package var scoreStride: Int
  package var classes: Int
  package var columns: Int
  package var count: Int
  package var labels: UnsafePointer<Int32>?
  package var targets: UnsafeRawPointer?
  package var targetStride: Int
  package var gradient: UnsafeMutableRawPointer?
  package var gradientStride: Int
  package var scale: Double
  /// What each sample's loss counts, float64; nil: 1.
  package var weights: UnsafePointer<Double>?
  /// The part of each label that is spread over all classes alike.
  package var smoothing: Double
  /// Result: the sum over the samples.
  package var loss: Double
  /// Result: samples whose best score is their label's.
  package var correct: Int

  @inlinable package init(
    scores: UnsafeRawPointer, scoreStride: Int, classes: Int, columns: Int, count: Int, labels: UnsafePointer<Int32>?, targets: UnsafeRawPointer?, targetStride: Int, gradient: UnsafeMutableRawPointer?, gradientStride: Int, scale: Double, weights: UnsafePointer<Double>?, smoothing: Double, loss: Double, correct: Int
  ) {
    self.scores = scores
    self.scoreStride = scoreStride
    self.classes = classes
    self.columns = columns
    self.count = count
    self.labels = labels
    self.targets = targets
    self.targetStride = targetStride
    self.gradient = gradient
    self.gradientStride = gradientStride
    self.scale = scale
    self.weights = weights
    self.smoothing = smoothing
    self.loss = loss
    self.correct = correct
  }
}

/// A tile and a caller's samples × features array, which may hold any element type and any strides.
package struct TensorCall {
  /// The element at row 0, column 0.
  package var tensor: UnsafeMutableRawPointer
  /// The raw value of LinearAlgebra's `ElementType`.
  package var type: Int32
  package var rowStride: Int
  package var columnStride: Int
  /// Features that the array has.
  package var columns: Int
  package var rowNumbers: UnsafePointer<Int64>?
  package var start: Int
  package var count: Int
  /// Shift and scale of each feature in the tile's precision, for numbers that it holds exactly; nil where it does not hold shift or scale.
  package var shift: UnsafeRawPointer?
  package var scale: UnsafeRawPointer?
  /// The same in float64, for all other numbers.
  package var wideShift: UnsafePointer<Double>?
  package var wideScale: UnsafePointer<Double>?
  package var tile: UnsafeMutableRawPointer
  package var tileStride: Int
  package var tileRows: Int
  package var tileColumns: Int

  @inlinable package init(
    tensor: UnsafeMutableRawPointer, type: Int32, rowStride: Int, columnStride: Int, columns: Int, rowNumbers: UnsafePointer<Int64>?, start: Int, count: Int, shift: UnsafeRawPointer?, scale: UnsafeRawPointer?, wideShift: UnsafePointer<Double>?, wideScale: UnsafePointer<Double>?, tile: UnsafeMutableRawPointer, tileStride: Int, tileRows: Int, tileColumns: Int
  ) {
    self.tensor = tensor
    self.type = type
    self.rowStride = rowStride
    self.columnStride = columnStride
    self.columns = columns
    self.rowNumbers = rowNumbers
    self.start = start
    self.count = count
    self.shift = shift
    self.scale = scale
    self.wideShift = wideShift
    self.wideScale = wideScale
    self.tile = tile
    self.tileStride = tileStride
    self.tileRows = tileRows
    self.tileColumns = tileColumns
  }
}

/// out = base + scale·σ(x) and slope = σ'(x) on rows × columns; strides in elements from row to row.
package struct ActivateCall {
  /// The raw value of LinearAlgebra's `Activation`.
  package var activation: Int32
  package var scale: Double
  package var x: UnsafeRawPointer
  package var xStride: Int
  package var base: UnsafeRawPointer?
  package var baseStride: Int
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var slope: UnsafeMutableRawPointer?
  package var slopeStride: Int
  package var rows: Int
  package var columns: Int

  @inlinable package init(
    activation: Int32, scale: Double, x: UnsafeRawPointer, xStride: Int, base: UnsafeRawPointer?, baseStride: Int, out: UnsafeMutableRawPointer, outStride: Int, slope: UnsafeMutableRawPointer?, slopeStride: Int, rows: Int, columns: Int
  ) {
    self.activation = activation
    self.scale = scale
    self.x = x
    self.xStride = xStride
    self.base = base
    self.baseStride = baseStride
    self.out = out
    self.outStride = outStride
    self.slope = slope
    self.slopeStride = slopeStride
    self.rows = rows
    self.columns = columns
  }
}

/// out = base + Σ_m a[m]·x[m] over `count` terms; strides in elements from row to row.
package struct WeightedSumCall {
  package var count: Int
  package var a: InlineArray<8, Double>
  package var x: InlineArray<8, UnsafeRawPointer>
  package var xStride: InlineArray<8, Int>
  /// One number a column, which the sum is multiplied by; nil for none.
  package var factors: UnsafeRawPointer?
  package var base: UnsafeRawPointer?
  package var baseStride: Int
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var rows: Int
  package var columns: Int

  @inlinable package init(
    count: Int, a: InlineArray<8, Double>, x: InlineArray<8, UnsafeRawPointer>, xStride: InlineArray<8, Int>, factors: UnsafeRawPointer?, base: UnsafeRawPointer?, baseStride: Int, out: UnsafeMutableRawPointer, outStride: Int, rows: Int, columns: Int
  ) {
    self.count = count
    self.a = a
    self.x = x
    self.xStride = xStride
    self.factors = factors
    self.base = base
    self.baseStride = baseStride
    self.out = out
    self.outStride = outStride
    self.rows = rows
    self.columns = columns
  }
}

/// One place at which a path is read: times are those of the block, which each sample maps onto its own.
package struct PathPoint: Equatable, Sendable {
  package var time: Double
  /// Where the piece of the path is looked up: a little after `time`, or a little before it where a layer ends.
  package var lookup: Double
  /// A little after the beginning of the layer.
  package var begin: Double
  /// Events: what the time since the last observation is multiplied with; 0 at an observation.
  package var gap: Double
  /// Events: the weight of the observation; 0 between observations.
  package var weight: Double
  /// The step whose observation is read; -1 between observations, where the path is interpolated.
  package var step: Int

  package init(time: Double, lookup: Double, begin: Double, gap: Double, weight: Double, step: Int) {
    self.time = time
    self.lookup = lookup
    self.begin = begin
    self.gap = gap
    self.weight = weight
    self.step = step
  }
}

/// Paths through a tile's observations, read at the same points of every sample: out[p·rows + lead + c, s].
package struct PathCall {
  /// The tile that holds times and masks, and the one that holds the values: read, or for the transpose added to.
  package var knots: UnsafeRawPointer
  package var knotStride: Int
  package var values: UnsafeMutableRawPointer
  package var valueStride: Int
  package var steps: Int
  package var channels: Int
  /// Features of one step, and where its time, values and masks begin; -1 for none.
  package var stepWidth: Int
  package var timeOffset: Int
  package var valueOffset: Int
  package var maskOffset: Int
  /// The raw values of LinearAlgebra's `PathInterpolation` and `PathForm`.
  package var interpolation: Int32
  package var form: Int32
  package var points: UnsafePointer<PathPoint>
  package var count: Int
  package var horizon: Double
  /// Whether a sample's own span is mapped onto the horizon.
  package var isScaled: Bool
  package var isTangent: Bool
  package var isTransposed: Bool
  /// Rows before the channels of a point.
  package var lead: Int
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var columns: Int

  @inlinable package init(
    knots: UnsafeRawPointer, knotStride: Int, values: UnsafeMutableRawPointer, valueStride: Int, steps: Int, channels: Int, stepWidth: Int, timeOffset: Int, valueOffset: Int, maskOffset: Int, interpolation: Int32, form: Int32, points: UnsafePointer<PathPoint>, count: Int, horizon: Double, isScaled: Bool, isTangent: Bool, isTransposed: Bool, lead: Int, out: UnsafeMutableRawPointer, outStride: Int, columns: Int
  ) {
    self.knots = knots
    self.knotStride = knotStride
    self.values = values
    self.valueStride = valueStride
    self.steps = steps
    self.channels = channels
    self.stepWidth = stepWidth
    self.timeOffset = timeOffset
    self.valueOffset = valueOffset
    self.maskOffset = maskOffset
    self.interpolation = interpolation
    self.form = form
    self.points = points
    self.count = count
    self.horizon = horizon
    self.isScaled = isScaled
    self.isTangent = isTangent
    self.isTransposed = isTransposed
    self.lead = lead
    self.out = out
    self.outStride = outStride
    self.columns = columns
  }
}

/// out[i,s] = number i of sample s of a stream: rows × columns, `outStride` in elements; columns 1 or a multiple of 16.
package struct DrawCall {
  /// 0: a + b·u, u uniform in [0, 1). 1: a·ξ, ξ normal. 2: a where u·2²⁴ < b, else 0.
  package var kind: Int32
  package var layer: UInt32
  package var stream: UInt32
  package var key: UInt64
  /// The number of the first column's sample, modulo 2³².
  package var sample: UInt32
  package var a: Double
  package var b: Double
  package var out: UnsafeMutableRawPointer
  package var outStride: Int
  package var rows: Int
  package var columns: Int

  package init(
    kind: Int32, layer: UInt32, stream: UInt32, key: UInt64, sample: UInt32, a: Double, b: Double, out: UnsafeMutableRawPointer, outStride: Int, rows: Int, columns: Int
  ) {
    self.kind = kind
    self.layer = layer
    self.stream = stream
    self.key = key
    self.sample = sample
    self.a = a
    self.b = b
    self.out = out
    self.outStride = outStride
    self.rows = rows
    self.columns = columns
  }
}
