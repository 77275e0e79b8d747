import CKernels

/// out = x.
package func copy(_ x: Vector, into out: Vector) { copy(x.row, into: out.row) }

/// Every number of `out` = value.
package func fill(_ out: Vector, _ value: Double) { fill(out.row, value) }

/// y += a·x.
package func axpy(_ a: Double, _ x: Vector, addingTo y: Vector) { combine(a, x.row, 1, y.row, into: y.row) }

/// y *= a.
package func scale(_ a: Double, _ y: Vector) { combine(a, y.row, 0, y.row, into: y.row) }

/// Σ xᵢyᵢ: products and sums in Double, in an order that depends on the count alone.
package func dot(_ x: Vector, _ y: Vector) -> Double { Kernels.table(x.precision).pointee.dot(x.base, y.base, x.count) }

/// Σ xᵢ² in Double.
package func sumOfSquares(_ x: Vector) -> Double { dot(x, x) }

/// Whether no number is NaN or infinite.
package func allFinite(_ x: Vector) -> Bool { Kernels.table(x.precision).pointee.allFinite(x.base, x.count) }

/// out = parts[0] + parts[1] + …, in this order; `out` may be the memory of parts[0]. No parts give zeros.
package func reduce(_ parts: [Vector], into out: Vector) {
  guard let first = parts.first else { return fill(out, 0) }
  if first.base != out.base { copy(first, into: out) }
  for part in parts.dropFirst() { combine(1, part.row, 1, out.row, into: out.row) }
}

extension Vector {
  /// The vector as a block of one row.
  var row: Block { Block(base, rows: 1, columns: count, precision: precision) }
}
