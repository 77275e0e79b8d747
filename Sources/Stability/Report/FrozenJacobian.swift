import Gradients
import Integrators
import LinearAlgebra
import Networks
import Settings
import VectorFields

/// The Jacobian J_j = ∂f/∂y of a layer's field at the state before the layer, with the layer's weights at its beginning: what "frozen" means in statements about one layer.
///
/// Products with vectors are the field's own derivatives. As a matrix J is assembled from them, one column for each unit vector.
final class FrozenJacobian {
  /// Why a block has no such Jacobian; nil if it has one.
  static func refusal(_ block: ODEBlock) -> String? {
    if block.integrator.fieldCount == 1 { return nil }
    return "the scheme steps two fields, of which no single Jacobian describes a layer"
  }

  /// The rows of the field's state that J acts on.
  static func order(_ block: ODEBlock) -> Int { component(block) == nil ? block.field.stateWidth : block.field.width }

  /// Whether the scheme steps ÿ = f(y), so that f is an acceleration: what is known of ẏ = f(y) says nothing about such a layer.
  static func isAcceleration(_ block: ODEBlock) -> Bool { component(block) != nil }

  /// The component that the scheme steps; nil if it steps the whole field.
  private static func component(_ block: ODEBlock) -> Int? { (block.integrator as? any TwoStepIntegrator)?.component(block.field) }

  private let block: ODEBlock
  private let step: Step
  private let component: Int?
  private let state: Block
  private let record: Block
  private let scratch: Block
  private let unit: Block
  private let product: Block
  private let arena: Arena
  let order: Int

  /// - Parameters:
  ///   - step: the layer's step, with its weights.
  ///   - state: the whole state before the layer, one column.
  /// - Throws: `.memory`.
  init(_ block: ODEBlock, _ step: Step, at state: Block) throws(Failure) {
    let field = block.field
    (self.block, self.step, component) = (block, step, Self.component(block))
    order = Self.order(block)
    let recordRows = component == nil ? field.wholeRecordWidth : field.recordWidth
    var size = Arena.Size()
    for rows in [recordRows, field.scratchWidth, order, order] { size.add(rows: rows, columns: 1, precision: block.precision) }
    arena = try Arena(size)
    record = arena.block(rows: recordRows, columns: 1, precision: block.precision)
    scratch = arena.block(rows: field.scratchWidth, columns: 1, precision: block.precision)
    unit = arena.block(rows: order, columns: 1, precision: block.precision)
    product = arena.block(rows: order, columns: 1, precision: block.precision)
    self.state = state.rows(0..<order)
    if let component {
      field.evaluate(component, step.layer(), at: self.state, scale: 1, addingTo: nil, into: product, record: record, scratch: scratch)
    } else {
      field.evaluateWhole(step.layer(), at: self.state, scale: 1, addingTo: nil, into: product, record: record, scratch: scratch)
    }
  }

  /// f at the state, as it was found when the object was made; later products overwrite it.
  var value: Block { product }

  /// out = J·v.
  func multiply(_ v: Block, into out: Block) {
    if let component {
      block.field.pushforward(component, step.layer(), direction: nil, at: state, record: record, tangent: v, scale: 1, addingTo: nil, into: out, scratch: scratch)
    } else {
      block.field.pushforwardWhole(step.layer(), direction: nil, at: state, record: record, tangent: v, scale: 1, addingTo: nil, into: out, scratch: scratch)
    }
  }

  /// out = Jᵀ·p, `out` being other memory than `p`.
  func multiplyTransposed(_ p: Block, into out: Block) {
    fill(out, 0)
    if let component {
      block.field.pullback(component, step.layer(), at: state, record: record, scale: 1, cotangent: p, addingTo: out, gradient: nil, scratch: scratch)
    } else {
      block.field.pullbackWhole(step.layer(), at: state, record: record, scale: 1, cotangent: p, addingTo: out, gradient: nil, scratch: scratch)
    }
  }

  /// J as a matrix, row by row.
  /// - Throws: the reason why the work must end.
  func matrix() throws(Failure) -> [Double] {
    try assembled(order, order, unit, product) { v, out in self.multiply(v, into: out) }
  }
}

/// The matrix of a linear map, row by row, from its products with unit vectors.
/// - Throws: the reason why the work must end.
func assembled(_ rows: Int, _ columns: Int, _ unit: Block, _ product: Block, _ map: (Block, Block) -> Void) throws(Failure) -> [Double] {
  var matrix = Array(repeating: 0.0, count: rows * columns)
  let (units, products) = (Vector(unit.base, count: columns, precision: unit.precision), Vector(product.base, count: rows, precision: product.precision))
  for column in 0..<columns {
    try Watch.check()
    fill(units, 0)
    units.store(1, at: column)
    map(unit, product)
    for row in 0..<rows { matrix[row * columns + column] = products.load(row) }
  }
  return matrix
}

/// The logarithmic norms of a matrix, the largest rates at which solutions of ẏ = Jy can grow in a norm: μ₂ = λ_max(½(J + Jᵀ)) and μ_∞ = max_i (J_ii + Σ_{j≠i} |J_ij|).
///
/// Source: Dahlquist 1958; Hairer, Nørsett & Wanner 1993, §I.10. Below 0 the frozen linear equation contracts in that norm.
struct LogarithmicNorms {
  let euclidean: Double
  let maximum: Double

  /// - Returns: nil if the eigenvalues of the symmetric part are not found.
  init?(_ matrix: [Double], order: Int) {
    var (symmetric, largest) = (matrix, -Double.infinity)
    for i in 0..<order {
      var sum = matrix[i * order + i]
      for j in 0..<order {
        if j != i { sum += abs(matrix[i * order + j]) }
        symmetric[i * order + j] = 0.5 * (matrix[i * order + j] + matrix[j * order + i])
      }
      largest = max(largest, sum)
    }
    guard let top = DenseSpectrum.symmetricEigenvalues(symmetric, order: order)?.last else { return nil }
    (euclidean, maximum) = (top, largest)
  }
}

extension LogarithmicNorms {
  /// A lower bound of μ₂ = λ_max(½(J + Jᵀ)) from products with J and Jᵀ alone, by Lanczos' iteration with full reorthogonalization.
  ///
  /// - Throws: `.memory`; `.notConverged`; the reason why the work must end.
  static func euclideanEstimate(_ jacobian: FrozenJacobian, steps: Int = 24) throws(Failure) -> Double {
    let (n, count) = (jacobian.order, min(steps, jacobian.order))
    var size = Arena.Size()
    for _ in 0..<count + 2 { size.add(rows: n, columns: 1, precision: .float64) }
    let arena = try Arena(size)
    defer { withExtendedLifetime(arena) {} }
    let vectors = (0...count).map { _ in arena.block(rows: n, columns: 1, precision: .float64) }
    let transposed = arena.block(rows: n, columns: 1, precision: .float64)
    var (diagonal, beside): ([Double], [Double]) = ([], [])
    fillIrregular(vectors[0])
    normalize(vectors[0])
    for k in 0..<count {
      try Watch.check()
      jacobian.multiply(vectors[k], into: vectors[k + 1])
      jacobian.multiplyTransposed(vectors[k], into: transposed)
      combine(0.5, vectors[k + 1], 0.5, transposed, into: vectors[k + 1])
      diagonal.append(dot(vectors[k], vectors[k + 1]))
      guard diagonal[k].isFinite else { throw Failure(.notFinite, "a product of a layer's Jacobian is not finite in float64") }
      try orthogonalize(vectors[k + 1], against: vectors[0...k])
      let length = normalize(vectors[k + 1])
      guard k + 1 < count, length > 1e-14 * abs(diagonal[0]) else { break }
      beside.append(length)
    }
    guard let top = DenseSpectrum.tridiagonalEigenvalues(diagonal: diagonal, beside: beside)?.last else {
      throw Failure(.notConverged, "the eigenvalues of a tridiagonal matrix were not found")
    }
    return top
  }
}
