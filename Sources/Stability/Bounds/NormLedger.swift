import LinearAlgebra
import Settings
import VectorFields

/// A bound that a certificate claims: its place in the list `norms`, and the bound.
package struct NormClaim: Equatable {
  package let index: Int
  package let bound: Double
}

/// The norms that a certificate claims, each computed once. All are upper bounds, rounded outward.
///
/// ‖W‖₂: the smallest of the Frobenius norm, √(‖W‖₁‖W‖_∞) and a bound that Cholesky's factorization of s²I − WWᵀ proves in Double (`NormBound`, tight), for convolutions at each frequency of a torus, or of the kernel where windows do not overlap that is large enough (`ConvolutionSpectrum`). No
/// power iteration enters: Lanczos' estimate only chooses the first s that is tried. Source of the statements: Theory.md §6.9, §6.14.
package final class NormLedger {
  package enum Norm: String {
    case l2, l1, linf
    /// The largest eigenvalue of ½(W + Wᵀ).
    case log = "log_l2"
    /// √(‖|W|‖₁‖|W|‖_∞), which bounds the norm of every part of a product's sums.
    case sums = "sums"
    case frobenius
  }
  package enum Part: String {
    case whole = "matrix"
    case antisymmetric = "antisymmetric_part"
    /// W·diag(scale), scale being that of the normalization.
    case scaled = "scaled_matrix"
    case vector
  }
  /// One line of the list.
  package struct Entry {
    package let part: Part
    package let norm: Norm
    package let tensor: String
    package let entry: Int?
    package let geometry: ConvolutionGeometry?
    package let bound: Double
  }

  package private(set) var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private var workspace: (bound: NormBound, rows: Int, columns: Int, numbers: Int)?

  /// Claims have room for a checker's rounding errors.
  package static let room = 1 + 0x1p-20

  package init() {}

  /// ‖W‖₂, or that of a part.
  package func spectral(_ reading: OperatorReading, _ part: Part = .whole, scale: Vector? = nil) throws(Failure) -> NormClaim {
    try claim(reading, part, .l2) { () throws(Failure) in
      if let scale { return try scaledNorm(reading, scale) }
      let linear = reading.linearOperator
      let bound = try memory(linear.normExtents, linear.normNumbers)
      let found = linear.boundNorm(reading.weights.base, isAntisymmetric: part == .antisymmetric, enough: 0, by: bound)
      try Watch.check()
      guard part == .whole else { return found }
      let (rows, columns) = sums(reading)
      return Swift.min(found, (Interval(rows) * Interval(columns)).squareRoot().upper)
    }
  }

  /// The largest sum of magnitudes in a row of W (of Wᵀ if that is meant).
  package func rowSum(_ reading: OperatorReading) throws(Failure) -> NormClaim {
    let norm = reading.isTransposed ? Norm.l1 : .linf
    return try claim(reading, .whole, norm) { () throws(Failure) in norm == .linf ? sums(reading).rows : sums(reading).columns }
  }

  package func columnSum(_ reading: OperatorReading) throws(Failure) -> NormClaim { try rowSum(reading.transposed) }

  /// A bound of the norm of every partial sum of a product: ‖W‖₂ for a matrix, whose partial sums have some of its columns; √(‖|K|‖₁‖|K|‖_∞) for a convolution.
  package func partial(_ reading: OperatorReading) throws(Failure) -> NormClaim {
    guard reading.geometry != nil else { return try spectral(reading) }
    return try claim(reading, .whole, .sums) { () throws(Failure) in
      let (rows, columns) = sums(reading)
      return (Interval(rows) * Interval(columns)).squareRoot().upper
    }
  }

  /// ‖W‖_F; for a convolution that of its kernel's numbers.
  package func frobenius(_ reading: OperatorReading) throws(Failure) -> NormClaim {
    try claim(reading, .whole, .frobenius) { () throws(Failure) in euclideanNormBound(reading.weights) }
  }

  /// An upper bound of the largest eigenvalue of ½(W + Wᵀ) of a matrix.
  package func logarithmic(_ reading: OperatorReading) throws(Failure) -> NormClaim {
    guard let matrix = reading.matrix else { throw Failure(.incompatible, "the logarithmic norm of a convolution is not bounded here") }
    let norm = try spectral(reading)
    return try claim(reading, .whole, .log) { () throws(Failure) in
      let found = try memory((matrix.rows, matrix.columns), 0).largestEigenvalue(ofSymmetricPart: matrix, norm: norm.bound)
      // The room that a checker needs is in proportion to the norm.
      return (Interval(found) + Interval(norm.bound) * Interval(0x1p-20)).upper
    }
  }

  /// |b|₂ of a bias, each number counted for every output that has it.
  package func vector(_ bias: BiasReading?) throws(Failure) -> NormClaim? {
    guard let bias else { return nil }
    return try claim(bias.tensor, bias.entry, nil, .vector, .l2) { () throws(Failure) in
      (Interval(euclideanNormBound(bias.numbers)) * Interval(Double(bias.repeats)).squareRoot()).upper
    }
  }

  /// ‖A‖₂ of a matrix that is known up to its rounding errors, for which nothing is claimed.
  /// - Parameters:
  ///   - matrix: Doubles in rows without gaps.
  ///   - relative: by how much the errors of all entries together can change A, relative to ‖A‖_F.
  ///   - absolute: a bound of the norm of what they change A by besides.
  package func plainNorm(_ matrix: Matrix, relative: Double, absolute: Interval) throws(Failure) -> Double {
    precondition(matrix.precision == .float64 && matrix.columnStride == 1 && matrix.rowStride == matrix.columns, "Doubles in rows without gaps")
    let frobenius = euclideanNormBound(Vector(matrix.base, count: matrix.rows * matrix.columns, precision: .float64))
    guard frobenius.isFinite else { return .infinity }
    let bound = try memory((Swift.min(matrix.rows, matrix.columns), Swift.max(matrix.rows, matrix.columns)), 0).bound(matrix)
    try Watch.check()
    return (Interval(bound) + Interval(frobenius) * Interval(relative) + absolute).upper
  }

  // MARK: private

  private func claim(_ reading: OperatorReading, _ part: Part, _ norm: Norm, _ compute: () throws(Failure) -> Double) throws(Failure) -> NormClaim {
    if let geometry = reading.geometry, geometry.padding == .reflect || geometry.padding == .replicate {
      throw Failure(.incompatible, "\(reading.tensor): padding \(geometry.padding.name) uses pixels at the edge several times, which the bounds of convolutions do not allow; use zero or periodic padding")
    }
    if let geometry = reading.geometry, convolutionPaddingNorm(geometry) > 1 {
      throw Failure(.incompatible, "\(reading.tensor): results repeat around the image with padding \(geometry.padding.name) and this margin, which the bounds of convolutions do not allow; use the margin that keeps the image's size")
    }
    return try claim(reading.tensor, reading.entry, reading.geometry, part, norm, compute)
  }

  private func claim(
    _ tensor: String, _ entry: Int?, _ geometry: ConvolutionGeometry?, _ part: Part, _ norm: Norm, _ compute: () throws(Failure) -> Double
  ) throws(Failure) -> NormClaim {
    let key = "\(tensor) \(entry ?? -1) \(part.rawValue) \(norm.rawValue)"
    if let place = places[key] { return NormClaim(index: place, bound: entries[place].bound) }
    try Watch.check()
    let found = try compute()
    let bound = (norm == .log ? found : found * Self.room).nextUp
    guard bound.isFinite else { throw Failure(.incompatible, "\(tensor)\(entry.map { ", entry \($0)" } ?? ""): the norm is larger than any number of float64") }
    places[key] = entries.count
    entries.append(Entry(part: part, norm: norm, tensor: tensor, entry: entry, geometry: geometry, bound: bound))
    return NormClaim(index: entries.count - 1, bound: bound)
  }

  /// ‖W‖_∞ and ‖W‖₁ of the operator that is not transposed.
  private func sums(_ reading: OperatorReading) -> (rows: Double, columns: Double) {
    if let matrix = reading.matrix { return (largestRowSumBound(matrix), largestRowSumBound(matrix.transposed)) }
    guard let geometry = reading.geometry else { return (.infinity, .infinity) }
    let sums = convolutionSumBounds(reading.weights, geometry)
    return (sums.outputs, sums.inputs)
  }

  /// ‖W·diag(scale)‖₂. Each product is rounded once, which changes the matrix by at most 2⁻⁵³ of its Frobenius norm, and less than 2⁻¹⁰⁷³ where it is that small.
  private func scaledNorm(_ reading: OperatorReading, _ scale: Vector) throws(Failure) -> Double {
    guard let matrix = reading.matrix else { throw Failure(.internal, "a scaled convolution") }
    let count = matrix.rows * matrix.columns
    let buffer = try Buffer(count: count, precision: .float64)
    defer { withExtendedLifetime(buffer) {} }
    let scaled = Matrix(buffer.base, rows: matrix.rows, columns: matrix.columns, precision: .float64)
    scaleColumns(of: matrix, by: scale, into: scaled)
    return try plainNorm(scaled, relative: 0x1p-52, absolute: Interval(Double(count)) * Interval(0x1p-1073))
  }

  private func memory(_ extents: (rows: Int, columns: Int), _ numbers: Int) throws(Failure) -> NormBound {
    if let workspace, workspace.rows >= extents.rows, workspace.columns >= extents.columns, workspace.numbers >= numbers { return workspace.bound }
    let rows = Swift.max(extents.rows, workspace?.rows ?? 0)
    let (columns, count) = (Swift.max(extents.columns, workspace?.columns ?? 0, rows), Swift.max(numbers, workspace?.numbers ?? 0))
    workspace = nil
    let made = try NormBound(rows: rows, columns: columns, numbers: count, isTight: true)
    workspace = (made, rows, columns, count)
    return made
  }
}

extension NormLedger.Entry {
  package var json: JSON {
    var members: [(key: String, value: JSON)] = [("operator", .text(part.rawValue)), ("tensor", .text(tensor))]
    if let entry { members.append(("entry", .integer(Int64(entry)))) }
    members.append(("norm", .text(norm.rawValue)))
    if let geometry { members.append(("geometry", geometry.json)) }
    members.append(("bound", .real(bound)))
    return .object(members)
  }
}

extension ConvolutionGeometry {
  fileprivate var json: JSON {
    func pair(_ a: Int, _ b: Int) -> JSON { .array([.integer(Int64(a)), .integer(Int64(b))]) }
    func number(_ a: Int) -> JSON { .integer(Int64(a)) }
    return .object([
      ("channels_in", number(inputChannels)), ("channels_out", number(outputChannels)), ("groups", number(groups)), ("height", number(vertical.input)), ("width", number(horizontal.input)),
      ("kernel", pair(vertical.kernel, horizontal.kernel)), ("stride", pair(vertical.stride, horizontal.stride)), ("dilation", pair(vertical.dilation, horizontal.dilation)),
      ("before", pair(vertical.before, horizontal.before)), ("after", pair(vertical.after, horizontal.after)), ("padding", .text(padding.name)),
    ])
  }
}
