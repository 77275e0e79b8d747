import Glibc
import Integrators
import LinearAlgebra
import Settings
import VectorFields

/// How a scheme's step changes the solution of ẏ = λy, or for second-order schemes of ÿ = λy: the companion matrix of the step as a function of one complex number, z = hλ or h²λ.
///
/// It is found by applying the scheme itself to the linear test equation, with the scheme's own trained numbers of a layer (k of `linear_multistep`). For a one-step method the matrix is the stability function R(z). A scheme that
/// remembers earlier states has a matrix of several rows, whose largest eigenvalue in magnitude tells whether solutions grow (Hairer & Wanner 1996, "Solving ordinary differential equations II", §IV.2, §V.1). Where the entries are
/// polynomials of degree < 16, as those of explicit schemes are, they are found by interpolation and evaluated without the scheme.
package struct StabilityFunction {
  /// z = h^power·λ: 1, or 2 for schemes of second-order equations.
  package let power: Int
  /// The rows of the companion matrix.
  package let order: Int
  private let scheme: any Integrator
  private let isSplit: Bool
  private let index: Int
  private let ratio: Double
  private let own: [Double]
  /// For each entry the coefficients of ascending powers of z; nil where the entries are no polynomials.
  private var polynomials: [[ComplexNumber]]?

  /// A step counts as stable if no eigenvalue of its matrix exceeds 1 by more than this: double roots on the circle are only known up to the root of a rounding.
  package static let tolerance = 1e-7
  private static let samples = 16

  /// - Parameters:
  ///   - scheme: as it is registered, before it is adapted to a field.
  ///   - index: the layer: some schemes begin with a step of another kind.
  ///   - ratio: the step size before this step, divided by that of this step.
  ///   - own: the scheme's own trained numbers in this layer, in the layout that it has for a state of one complex number.
  /// - Throws: `.incompatible` with the reason why the scheme has no such function; `.memory`.
  package init(_ scheme: any Integrator, index: Int = 4, ratio: Double = 1, own: [Double] = []) throws(Failure) {
    guard !scheme.needsConstantWeights else {
      throw Failure(.incompatible, "the scheme chooses steps of its own size within a layer, so that the layer's step size says nothing about their stability")
    }
    guard !scheme.preparesOwnTensors else { throw Failure(.incompatible, "the scheme smooths the state by an operator of its own, so that no function of one number describes its step") }
    guard let isSplit = [false, true].first(where: { (try? scheme.check(LinearTestField(factor: ComplexNumber(0), isSplit: $0))) != nil }) else {
      throw Failure(.incompatible, "the scheme splits the field into parts that it treats differently, so that no function of one number describes its step")
    }
    (self.scheme, self.isSplit, self.index, self.ratio, self.own) = (scheme, isSplit, index, ratio, own)
    order = scheme.stateWidth(LinearTestField(factor: ComplexNumber(0), isSplit: isSplit)) / 2
    guard order <= 8 else { throw Failure(.incompatible, "the scheme remembers \(order) numbers, more than its stability is computed for") }
    let point = ComplexNumber(0.3, 0.7)
    let (once, squared) = (try Self.matrix(scheme, isSplit, index, ratio, own, 2 * point, h: 1), try Self.matrix(scheme, isSplit, index, ratio, own, 4 * point, h: 1))
    let doubled = try Self.matrix(scheme, isSplit, index, ratio, own, point, h: 2)
    // Entries that hold derivatives scale with h; the largest eigenvalue does not.
    let sizes = (try Self.radius(once, order), try Self.radius(squared, order), try Self.radius(doubled, order))
    power = abs(sizes.2 - sizes.1) < abs(sizes.2 - sizes.0) ? 2 : 1
    polynomials = nil
    polynomials = try interpolated()
  }

  /// The numbers of its own that the scheme reads in a step of the test equation.
  package static func ownCount(_ scheme: any Integrator) -> Int {
    let isSplit = (try? scheme.check(LinearTestField(factor: ComplexNumber(0), isSplit: false))) == nil
    return scheme.parameters(LinearTestField(factor: ComplexNumber(0), isSplit: isSplit)).reduce(0) { $0 + $1.count }
  }

  /// The largest magnitude of an eigenvalue of the companion matrix at z: at most 1 where a step is stable.
  package func radius(_ z: ComplexNumber) throws(Failure) -> Double {
    guard let polynomials else {
      do throws(Failure) {
        return try Self.radius(try Self.matrix(scheme, isSplit, index, ratio, own, z, h: 1), order)
      } catch {
        // At a pole of an implicit scheme its equation has no solution.
        guard error.status == .notConverged else { throw error }
        return .infinity
      }
    }
    let found = try Self.radius(polynomials.map { coefficients in coefficients.reversed().reduce(ComplexNumber(0)) { $0 * z + $1 } }, order)
    // Differences of terms that overflow.
    return found.isNaN ? .infinity : found
  }

  /// Whether a step is stable at z.
  package func isStable(_ z: ComplexNumber) throws(Failure) -> Bool { try radius(z) <= 1 + Self.tolerance }

  /// The largest t for which steps at s·z are stable for all s in [0, t], at most `limit`: 0 where no t > 0 is, infinity where it is at least `limit` and |t·z| reaches `farthest`.
  ///
  /// The ray is searched in steps of 0.05 in |z| and beyond 12 in steps of a tenth of |z|; the first change is bisected.
  package func largestFactor(along z: ComplexNumber, atMost limit: Double = .infinity) throws(Failure) -> Double {
    let length = z.magnitude
    guard length > 0, length.isFinite else { return .infinity }
    func isStable(_ r: Double) throws(Failure) -> Bool { try self.isStable((r / length) * z) }
    var (low, high) = (0.0, 0.05)
    while try isStable(high) {
      guard high < Self.farthest, high / length < limit else { return high / length < limit ? .infinity : limit }
      (low, high) = (high, high < 12 ? high + 0.05 : high * 1.1)
    }
    for _ in 0..<60 where high - low > 1e-14 * high {
      let middle = 0.5 * (low + high)
      if try isStable(middle) { low = middle } else { high = middle }
    }
    // Within the tolerance every scheme is stable for tiny steps, also one whose solutions grow however small the step is.
    if low < 0.05, try grows(z, length) { return 0 }
    return low / length
  }

  /// Whether steps are unstable however small they are: the excess over 1 is then a power of |z| all the way to where roundings hide it.
  private func grows(_ z: ComplexNumber, _ length: Double) throws(Failure) -> Bool { try radius((0.001 / length) * z) > 1 + (order == 1 ? 1e-14 : 1e-9) }

  /// Rays are searched up to this |z|.
  package static let farthest = 1e4

  /// The coefficients of the entries as polynomials, from values on the unit circle; nil if they are none.
  private func interpolated() throws(Failure) -> [[ComplexNumber]]? {
    let roots = (0..<Self.samples).map { Self.root($0) }
    var values: [[ComplexNumber]] = []
    for root in roots {
      do throws(Failure) {
        values.append(try Self.matrix(scheme, isSplit, index, ratio, own, root, h: 1))
      } catch {
        // An implicit scheme may have a pole there.
        guard error.status == .notConverged else { throw error }
        return nil
      }
    }
    let found = (0..<order * order).map { entry in
      (0..<Self.samples).map { power in
        var sum = ComplexNumber(0)
        for k in 0..<Self.samples { sum = sum + values[k][entry] * Self.root(-k * power) }
        let mean = (1 / Double(Self.samples)) * sum
        // Roundings of coefficients that are zero would grow with z.
        return mean.magnitude < 1e-15 ? ComplexNumber(0) : ComplexNumber(mean.real, abs(mean.imaginary) < 1e-15 ? 0 : mean.imaginary)
      }
    }
    let (point, scale) = (ComplexNumber(0.9, -1.7), 1e-12)
    let direct = try Self.matrix(scheme, isSplit, index, ratio, own, point, h: 1)
    for (entry, coefficients) in found.enumerated() {
      let value = coefficients.reversed().reduce(ComplexNumber(0)) { $0 * point + $1 }
      guard (value - direct[entry]).magnitude <= scale * max(1, direct[entry].magnitude) else { return nil }
    }
    return found
  }

  /// e^{2πik/16}.
  private static func root(_ k: Int) -> ComplexNumber {
    let turns = ((k % samples) + samples) % samples
    let angle = 2 * Double.pi * Double(turns) / Double(samples)
    return ComplexNumber(cos(angle), sin(angle))
  }

  /// The companion matrix of a step of size h at λ, row by row: the step of each unit vector, because the step is linear.
  private static func matrix(_ scheme: any Integrator, _ isSplit: Bool, _ index: Int, _ ratio: Double, _ own: [Double], _ factor: ComplexNumber, h: Double) throws(Failure) -> [ComplexNumber] {
    let field = LinearTestField(factor: factor, isSplit: isSplit)
    let adapted = try scheme.adapted(to: field, .float64)
    let (rows, fields) = (adapted.stateWidth(field), adapted.fieldCount)
    let prepared = adapted.preparedCount(field, for: .training) * fields
    var size = Arena.Size()
    for count in [rows, rows, adapted.recordWidth(field), adapted.scratchWidth(field), max(own.count, 1), max(prepared, 1)] { size.add(rows: count, columns: 1, precision: .float64) }
    let arena = try Arena(size)
    func block(_ rows: Int) -> Block { arena.block(rows: rows, columns: 1, precision: .float64) }
    let (before, after, record, scratch) = (block(rows), block(rows), block(adapted.recordWidth(field)), block(adapted.scratchWidth(field)))
    let (numbers, operators) = (arena.vector(count: max(own.count, 1), precision: .float64), arena.vector(count: max(prepared, 1), precision: .float64))
    for (place, value) in own.enumerated() { numbers.store(value, at: place) }
    var weights = StepWeights(Layer())
    (weights.purpose, weights.precision) = (.training, .float64)
    if !own.isEmpty { weights.own[0] = numbers.base }
    if prepared > 0 {
      weights.first.prepared = operators.base
      weights.preparedAdvance = prepared / fields * 8
      for index in 0..<fields { adapted.prepare(field, weights.beginning(node: 0, field: index), stepSize: h, for: .training) }
    }
    let log = StepLog()
    log.samples = 0..<1
    let step = Step(index: index, stepSize: h, previousStepSize: h * ratio, weights: weights, log: Unmanaged.passUnretained(log))
    let order = rows / 2
    var matrix = Array(repeating: ComplexNumber(0), count: order * order)
    let (given, made) = (Vector(before.base, count: rows, precision: .float64), Vector(after.base, count: rows, precision: .float64))
    for column in 0..<order {
      fill(before, 0)
      given.store(1, at: 2 * column)
      adapted.step(field, step, from: before, into: after, record: record, scratch: scratch)
      if let failure = log.first { throw failure.failure }
      for row in 0..<order { matrix[row * order + column] = ComplexNumber(made.load(2 * row), made.load(2 * row + 1)) }
    }
    withExtendedLifetime((arena, log)) {}
    return matrix
  }

  /// The largest magnitude of an eigenvalue.
  private static func radius(_ matrix: [ComplexNumber], _ order: Int) throws(Failure) -> Double {
    if order == 1 { return matrix[0].magnitude }
    if order == 2 {
      let half = 0.5 * (matrix[0] + matrix[3])
      let difference = 0.5 * (matrix[0] - matrix[3])
      let root = (difference * difference + matrix[1] * matrix[2]).squareRoot
      return max((half + root).magnitude, (half - root).magnitude)
    }
    // A complex matrix of n rows is a real one of 2n, with the same eigenvalues and their conjugates.
    let n = 2 * order
    var real = Array(repeating: 0.0, count: n * n)
    for row in 0..<order {
      for column in 0..<order {
        let entry = matrix[row * order + column]
        guard entry.real.isFinite, entry.imaginary.isFinite else { return .infinity }
        (real[2 * row * n + 2 * column], real[(2 * row + 1) * n + 2 * column + 1]) = (entry.real, entry.real)
        (real[2 * row * n + 2 * column + 1], real[(2 * row + 1) * n + 2 * column]) = (-entry.imaginary, entry.imaginary)
      }
    }
    guard let found = DenseSpectrum.eigenvalues(real, order: n) else { throw Failure(.notConverged, "the eigenvalues of a scheme's companion matrix were not found") }
    return found.reduce(0) { max($0, $1.magnitude) }
  }
}
