import CKernels
import Glibc
import Settings

/// Which features of a table the targets depend on, as far as tests of single features and of pairs can tell; nil if that is no small part of the features, or if the others matter together.
///
/// A feature z is kept if its orthonormal curves z, z², z³ explain more of the residual's variance than those of a feature without influence would in one table of many: a share above (3 + 2√6 + 2 ln p)/n, where n times the share of
/// one of p such features has the distribution χ² with 3 degrees of freedom. The residual is that of least squares on the curves of all features kept so far, so that weak features show when the strong ones are explained. When no more is found,
/// products of two features are tested, with (8 + 2 ln(p²/2))/n, and both features of a product that counts are kept: an influence that only pairs have is not overlooked, one that only three features have together is. Source: Fan & Lv (2008), "Sure
/// independence screening for ultrahigh dimensional feature space", section 4 (iterated screening).
///
/// Many weak influences show together where none shows alone. Therefore nothing is left out if ridge regression on the features left out would explain more than 0.01 of the residual on rows not seen (`ridgeValidation`).
/// - Parameters:
///   - features: float64, features × samples, each row with mean 0 and deviation 1, or 0; overwritten.
///   - targets: float64, targets × samples, each row with mean 0; overwritten.
///   - count: the samples.
/// - Throws: `memory`; why the work must end.
/// - Cost: about 40·n·p·t operations a round for t targets, at most 12 rounds, and 2·n·p²·t for pairs.
package func screenFeatures(_ features: Block, targets: Block, count: Int) throws(Failure) -> [Bool]? {
  precondition(features.precision == .float64 && targets.precision == .float64 && features.stride == targets.stride && count <= features.columns, "as many samples of features as of targets")
  let total = features.rows
  let most = min(total / 2, FeatureScreening.mostKept, count / 9)
  guard most > 0, count > 2 else { return nil }
  var screening = try FeatureScreening(features, targets: targets, count: count, most: most)
  return try screening.run()
}

private struct FeatureScreening {
  static let mostKept = 64
  private static let mostRounds = 12
  private static let leastExplained = 0.01

  private let features: Block
  private let residual: Block
  private let count: Int
  private let most: Int
  private var kept: [Bool]
  /// Orthonormal curves of the features kept, and behind them three more rows for those of one feature.
  private let memory: Buffer
  private let basis: Block
  private var basisCount = 0
  private let dot = Kernels.table(.float64).pointee.dot

  init(_ features: Block, targets: Block, count: Int, most: Int) throws(Failure) {
    (self.features, residual, self.count, self.most) = (features, targets, count, most)
    kept = Array(repeating: false, count: features.rows)
    let rows = 3 * most + 3
    memory = try Buffer(count: rows * features.stride, precision: .float64)
    basis = Block(memory.base, rows: rows, columns: features.columns, precision: .float64)
    try requireProductMemory()
    // Few outliers must not make up a curve.
    _ = clamp(Vector(features.base, count: features.rows * features.stride, precision: .float64), low: -3, high: 3)
    standardizeRows(features, count: count)
  }

  mutating func run() throws(Failure) -> [Bool]? {
    let threshold = (3 + 2 * 6.0.squareRoot() + 2 * log(Double(features.rows))) / Double(count)
    let whole = variance
    guard whole > 0, whole.isFinite else { return nil }
    var hasPairs = false
    for _ in 0..<Self.mostRounds {
      let left = variance
      guard left > 1e-12 * whole else { break }
      var found = try singles(above: threshold * left)
      if found.isEmpty, !hasPairs {
        hasPairs = true
        found = try pairs(left)
      }
      guard !found.isEmpty else { break }
      for feature in found { kept[feature] = true }
      guard kept.count(where: { $0 }) <= most else { return nil }
      for feature in found { try explain(feature) }
    }
    guard kept.contains(true), try !othersMatter() else { return nil }
    return kept
  }

  private func row(_ block: Block, _ row: Int) -> UnsafeMutablePointer<Double> { block.base.assumingMemoryBound(to: Double.self) + row * block.stride }
  private func product(_ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>) -> Double { dot(a, b, count) }
  private var variance: Double { (0..<residual.rows).reduce(0) { $0 + product(row(residual, $1), row(residual, $1)) } }

  /// Writes the orthonormal curves of a feature behind the basis, from row `first` on, and gives their number.
  private func curves(of feature: Int, at first: Int) -> Int {
    let z = row(features, feature)
    var made = 0
    for power in 1...3 {
      let curve = row(basis, first + made)
      for sample in 0..<count { curve[sample] = power == 1 ? z[sample] : power == 2 ? z[sample] * z[sample] : z[sample] * z[sample] * z[sample] }
      centerRows(basis.rows(first + made..<first + made + 1), count: count)
      let before = product(curve, curve)
      for _ in 0..<2 { for other in 0..<made { subtract(row(basis, first + other), from: curve) } }
      if normalize(curve, before) { made += 1 }
    }
    return made
  }

  /// Takes away the part of a vector along one of length 1.
  private func subtract(_ direction: UnsafeMutablePointer<Double>, from vector: UnsafeMutablePointer<Double>) {
    let length = product(direction, vector)
    for sample in 0..<count { vector[sample] -= length * direction[sample] }
  }

  /// Gives a vector the length 1; false if less than a thousandth of its length has been left.
  private func normalize(_ vector: UnsafeMutablePointer<Double>, _ before: Double) -> Bool {
    let left = product(vector, vector)
    guard left > 1e-6 * before, left > 1e-12 else { return false }
    let factor = 1 / left.squareRoot()
    for sample in 0..<count { vector[sample] *= factor }
    return true
  }

  /// The features, not kept yet, whose curves explain more than a part of the residual's sum of squares.
  private func singles(above bound: Double) throws(Failure) -> [Int] {
    var (found, work) = ([Int](), WatchedWork())
    for feature in 0..<features.rows where !kept[feature] {
      try work.spend((12 + 3 * residual.rows) * count)
      var explained = 0.0
      for curve in 0..<curves(of: feature, at: basisCount) {
        for target in 0..<residual.rows {
          let part = product(row(basis, basisCount + curve), row(residual, target))
          explained += part * part
        }
      }
      if explained > bound { found.append(feature) }
    }
    return found
  }

  /// Adds the curves of a feature to the basis and takes their part of the residual away.
  private mutating func explain(_ feature: Int) throws(Failure) {
    var work = WatchedWork()
    let (first, made) = (basisCount, curves(of: feature, at: basisCount))
    for curve in 0..<made {
      let vector = row(basis, first + curve)
      for _ in 0..<2 {
        for other in 0..<basisCount {
          subtract(row(basis, other), from: vector)
          try work.spend(4 * count)
        }
      }
      guard normalize(vector, 1) else { continue }
      // Curves that add nothing leave no gap.
      let place = row(basis, basisCount)
      if place != vector { place.update(from: vector, count: count) }
      for target in 0..<residual.rows { subtract(place, from: row(residual, target)) }
      basisCount += 1
    }
  }

  /// The features, not kept yet, of products of two that explain more than their part of the residual's sum of squares.
  private func pairs(_ left: Double) throws(Failure) -> [Int] {
    let total = features.rows
    let square = total * total
    let memory = try Buffer(count: total * features.stride + 4 * square, precision: .float64)
    let products = Block(memory.base, rows: total, columns: features.columns, precision: .float64)
    let tables = memory.base.assumingMemoryBound(to: Double.self) + total * features.stride
    func table(_ number: Int) -> Matrix { Matrix(tables + number * square, rows: total, columns: total, precision: .float64) }
    func matrix(_ block: Block) -> Matrix { Matrix(block.base, rows: total, columns: count, rowStride: block.stride, columnStride: 1, precision: .float64) }
    let (sums, shares, squares, correlations) = (tables, tables + square, tables + 2 * square, tables + 3 * square)
    for place in 0..<square { shares[place] = 0 }
    for target in 0..<residual.rows {
      let weights = row(residual, target)
      for feature in 0..<total {
        let (from, to) = (row(features, feature), row(products, feature))
        for sample in 0..<count { to[sample] = from[sample] * weights[sample] }
      }
      multiply(1, matrix(products), matrix(features).transposed, 0, addingTo: table(0))
      try Watch.check()
      for place in 0..<square { shares[place] += sums[place] * sums[place] }
    }
    for feature in 0..<total {
      let (from, to) = (row(features, feature), row(products, feature))
      for sample in 0..<count { to[sample] = from[sample] * from[sample] }
    }
    multiply(1, matrix(products), matrix(products).transposed, 0, addingTo: table(2))
    multiply(1, matrix(features), matrix(features).transposed, 0, addingTo: table(3))
    try Watch.check()
    let bound = (8 + 2 * log(0.5 * Double(square))) / Double(count) * left
    var found: [Int] = []
    for feature in 0..<total where !kept[feature] {
      let counts = (0..<total).contains { other in
        guard other != feature else { return false }
        let place = feature * total + other
        let variance = squares[place] - correlations[place] * correlations[place] / Double(count)
        return variance > 0.05 * Double(count) && shares[place] > bound * variance
      }
      if counts { found.append(feature) }
    }
    withExtendedLifetime(memory) {}
    return found
  }

  /// Whether the features left out explain some of the residual together.
  private func othersMatter() throws(Failure) -> Bool {
    let others = kept.indices.filter { !kept[$0] }
    let memory = try Buffer(count: others.count * count, precision: .float64)
    let numbers = memory.base.assumingMemoryBound(to: Double.self)
    for (place, feature) in others.enumerated() { (numbers + place * count).update(from: row(features, feature), count: count) }
    let explained = try ridgeValidation(
      Matrix(numbers, rows: others.count, columns: count, precision: .float64), targets: Matrix(residual.base, rows: residual.rows, columns: count, rowStride: residual.stride, columnStride: 1, precision: .float64))
    withExtendedLifetime(memory) {}
    return explained > Self.leastExplained
  }
}
