import LinearAlgebra
import Settings

/// A vector for tests, which is read and written as Doubles whatever its precision.
///
/// Its memory lives until the test ends (`TestMemory`): a view in an expression may outlive the last use of its owner.
package final class Numbers {
  package let vector: Vector

  package init(_ count: Int, _ precision: Precision) throws {
    let buffer = try Buffer(count: max(count, 1), precision: precision)
    TestMemory.keep(buffer)
    vector = buffer.vector(count: count, precision: precision)
  }

  /// `values` rounded to the precision.
  package convenience init(_ values: [Double], _ precision: Precision) throws {
    try self.init(values.count, precision)
    for (index, value) in values.enumerated() { self[index] = value }
  }

  /// Normally distributed numbers from a fixed random stream.
  package static func normal(_ count: Int, _ precision: Precision, seed: UInt64, deviation: Double = 1) throws -> Numbers {
    let numbers = try Numbers(count, precision)
    var stream = RandomStream(seed: seed)
    stream.normal(into: numbers.vector, mean: 0, deviation: deviation)
    return numbers
  }

  package var count: Int { vector.count }
  package var values: [Double] { (0..<count).map { self[$0] } }

  package subscript(index: Int) -> Double {
    get {
      vector.precision == .float32
        ? Double(vector.base.load(fromByteOffset: 4 * index, as: Float.self)) : vector.base.load(fromByteOffset: 8 * index, as: Double.self)
    }
    set {
      if vector.precision == .float32 {
        vector.base.storeBytes(of: Float(newValue), toByteOffset: 4 * index, as: Float.self)
      } else {
        vector.base.storeBytes(of: newValue, toByteOffset: 8 * index, as: Double.self)
      }
    }
  }

  /// The bits of every number, for bitwise comparisons.
  package var bits: [UInt64] { values.map(\.bitPattern) }

  package func view(rows: Int, columns: Int) -> TensorView { TensorView(vector.base, type: ElementType(vector.precision), rows: rows, columns: columns) }
  package func target(rows: Int, columns: Int) -> MutableTensorView {
    MutableTensorView(vector.base, type: ElementType(vector.precision), rows: rows, columns: columns)
  }
  package func block(rows: Int, columns: Int) -> Block { Block(vector.base, rows: rows, columns: columns, precision: vector.precision) }
  package func matrix(rows: Int, columns: Int) -> Matrix { Matrix(vector.base, rows: rows, columns: columns, precision: vector.precision) }
}

/// Σ xᵢyᵢ in Double.
package func inner(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
package func norm(_ x: [Double]) -> Double { inner(x, x).squareRoot() }

/// How often `body` asks whether the work must end.
package func questions<Problem: Error>(in body: () throws(Problem) -> Void) throws(Problem) -> Int {
  var asked = 0
  try Watch(isCancelled: {
    asked += 1
    return false
  }).asCurrent(body)
  return asked
}
