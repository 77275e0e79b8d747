import LinearAlgebra
import Networks
import Settings

/// Certified radii of a batch: the scores as the library computes them, those of the twin in float64, and the length of each input as it enters.
package final class RadiusSamples {
  private let radii: CertifiedRadii
  private let features: TensorView
  private let outputs: Int
  private let computed: Buffer
  /// The scores of the twin in float64; nil if it is the network itself.
  private let exact: Buffer?
  /// For each input `InputBall.center`, `InputBall.reach` and `InputBall.plain`.
  private let lengths: Buffer
  private let isExact: Bool
  private let isExactInTwin: Bool
  fileprivate var sampleCount: Int { features.rows }

  /// - Parameter threads: for the predictions.
  /// - Throws: what a prediction throws; the reason why the work must end.
  package init(_ radii: CertifiedRadii, _ network: Network, _ features: TensorView, threads: Int) throws(Failure) {
    (self.radii, self.features, outputs) = (radii, features, network.plan.outputs)
    computed = try Self.scores(network, radii.reading.snapshot, features, threads)
    exact = radii.twin.network === network ? nil : try Self.scores(radii.twin.network, radii.twin.snapshot, features, threads)
    func holds(_ precision: Precision) -> Bool {
      switch features.type {
      case .float32, .uint8, .int8: true
      case .float64, .int32: precision == .float64
      case .int64: false
      }
    }
    (isExact, isExactInTwin) = (holds(network.plan.precision), holds(radii.twin.network.plan.precision))
    let normalization = radii.reading.normalization
    let count = features.rows
    let lengths = try Buffer(count: 3 * count, precision: .float64)
    self.lengths = lengths
    func part(_ index: Int) -> Vector { lengths.vector(count: count, precision: .float64, offset: 8 * count * index) }
    try Self.measure(features, normalization, squashes: true, into: part(0))
    try Self.measure(features, normalization, squashes: false, into: part(2))
    let reaches = part(1)
    try Self.measure(features, nil, squashes: false, into: reaches)
    guard let shift = normalization?.shift else { return }
    let largest = Interval(largestMagnitude(shift))
    for row in 0..<features.rows { reaches.store((Interval(reaches.load(row)) + largest).upper, at: row) }
  }

  /// Upper bounds of |c⊙(x − s)|, with asinh of the squashed numbers if that is meant, in Double. Differences and products are rounded once each, which changes asinh by no larger share, and asinh is wrong by at most 4 units in the
  /// last place; the sum's bound allows for that.
  private static func measure(_ features: TensorView, _ normalization: Normalization?, squashes: Bool, into centers: Vector) throws(Failure) {
    let samples = 64
    let tile = try Buffer(count: features.columns * samples, precision: .float64)
    let block = Block(tile.base, rows: features.columns, columns: samples, precision: .float64)
    let scaling = normalization.map { FeatureScaling(shift: $0.shift, scale: $0.scale) }
    let columns = Matrix(tile.base, rows: features.columns, columns: samples, precision: .float64).transposed
    for start in stride(from: 0, to: features.rows, by: samples) {
      try Watch.check()
      let count = min(samples, features.rows - start)
      gather(features, rows: nil, start: start, count: count, scaling: scaling, into: block)
      if squashes { normalization?.squash(block, count: count) }
      // Numbers near the smallest one lose all their digits: less than 2⁻¹⁰⁷³ each.
      for (index, norm) in rowNormBounds(columns).prefix(count).enumerated() {
        centers.store((Interval(norm) * (1 + Interval(squashes ? 0x1p-48 : 0x1p-51)) + Interval(Double(features.columns)) * Interval(0x1p-1073)).upper, at: start + index)
      }
    }
    withExtendedLifetime(tile) {}
  }

  private static func scores(_ network: Network, _ snapshot: ParameterSnapshot, _ features: TensorView, _ threads: Int) throws(Failure) -> Buffer {
    let (count, overflow) = features.rows.multipliedReportingOverflow(by: network.plan.outputs)
    let memory = try Buffer(count: overflow ? -1 : count, precision: .float64)
    let target = MutableTensorView(memory.base, type: .float64, rows: features.rows, columns: network.plan.outputs)
    let predictor = try Predictor(network, snapshot, maximumBatch: features.rows, threads: threads)
    let pool = predictor.threads > 1 ? try WorkerPool(threads: predictor.threads) : nil
    _ = try withExtendedLifetime((predictor, pool)) { () throws(Failure) in try predictor.run(features, .scores, into: target, pool: pool) }
    return memory
  }

  package func scores(_ row: Int) -> CertifiedRadii.Scores {
    func numbers(_ memory: Buffer) -> [Double] {
      let vector = memory.vector(count: features.rows * outputs, precision: .float64)
      return (0..<outputs).map { vector.load(row * outputs + $0) }
    }
    let own = numbers(computed)
    return CertifiedRadii.Scores(computed: own, exact: exact.map(numbers) ?? own)
  }

  /// - Throws: the reason why the work must end.
  package func result(_ row: Int) throws(Failure) -> CertifiedRadii.Result { try radii.radius(scores(row), center: .upTo(length(row)), plain: .upTo(length(2 * features.rows + row)), reach: .upTo(length(features.rows + row)), isExact: isExact, isExactInTwin: isExactInTwin) }

  private func length(_ index: Int) -> Double { lengths.vector(count: 3 * features.rows, precision: .float64).load(index) }

  /// The numbers of one input as Doubles.
  package func numbers(ofRow row: Int) throws(Failure) -> [Double] {
    let tile = try Buffer(count: features.columns * Block.quantum, precision: .float64)
    let block = Block(tile.base, rows: features.columns, columns: Block.quantum, precision: .float64)
    gather(features, rows: nil, start: row, count: 1, into: block)
    let all = tile.vector(count: features.columns * Block.quantum, precision: .float64)
    return withExtendedLifetime(tile) { (0..<features.columns).map { all.load($0 * Block.quantum) } }
  }
}

/// Radii and classes of a batch.
package struct RadiusResults {
  private let memory: Buffer
  /// float64; each a number of the caller's type.
  package let radii: Vector
  /// float64; whole numbers.
  private let classes: Vector

  fileprivate init(_ memory: Buffer, _ radii: Vector, _ classes: Vector) { (self.memory, self.radii, self.classes) = (memory, radii, classes) }

  /// Writes the classes to a column of integers or floats.
  package func store(classesTo target: MutableTensorView) { for row in 0..<classes.count { target.store(integer: Int(classes.load(row)), row: row, column: 0) } }
}

extension RadiusSamples {
  /// The radii of all samples, rounded down to float32 if they are wanted in it.
  /// - Throws: `memory`; the reason why the work must end.
  package func results(roundedTo type: ElementType) throws(Failure) -> RadiusResults {
    let memory = try Buffer(count: 2 * count, precision: .float64)
    let radii = memory.vector(count: count, precision: .float64), classes = memory.vector(count: count, precision: .float64, offset: 8 * count)
    for row in 0..<count {
      if row % 16 == 0 { try Watch.check() }
      let result = try result(row)
      let narrow = Float(result.radius)
      radii.store(type == .float32 ? Double(Double(narrow) > result.radius ? narrow.nextDown : narrow) : result.radius, at: row)
      classes.store(Double(result.predicted), at: row)
    }
    return RadiusResults(memory, radii, classes)
  }

  package var count: Int { sampleCount }
}
