import Settings

/// Cayley's rotation of images around a torus, made from a convolution: Q = (I − ½hS)⁻¹(I + ½hS), S = A − Aᵀ with A a periodic convolution that keeps the size.
///
/// In the Fourier basis (`ImageTransform`) S is one antisymmetric matrix for each frequency and group of channels, and so Q is one rotation of the group's real and imaginary parts, made by `Rotation`. It is orthogonal to
/// rounding for every A and h, and couples all pixels.
///
/// Of Cayley's formula both derivatives are convolutions: with y* = Qy and W = (I − ½hS)⁻¹ = ½(I + Q), dy* = ½h·W dS (y + y*).
/// Sources: Cayley (1846); Trockman & Kolter 2021, "Orthogonalizing convolutional layers with the Cayley transform".
/// Cost: 4C² multiply-adds a pair of coefficients and sample, C the channels of a group, and two transforms. Q is made once: about 32C³ operations a frequency.
package final class KernelRotation: Sendable {
  package let transform: ImageTransform
  private let geometry: ConvolutionGeometry
  private let precision: Precision

  /// - Parameter geometry: of A, which passes `checkSquare`, with periodic padding.
  /// - Throws: `memory`.
  package init(_ geometry: ConvolutionGeometry, precision: Precision) throws(Failure) {
    precondition(geometry.padding == .periodic && geometry.inputRows == geometry.outputRows, "KernelRotation: a periodic convolution of one size")
    self.geometry = geometry
    self.precision = precision
    transform = try ImageTransform(
      channels: geometry.inputChannels, height: geometry.vertical.input, width: geometry.horizontal.input, groups: geometry.groups, precision: precision)
  }

  private var size: Int { geometry.inputChannels / geometry.groups }
  /// Numbers of all matrices of Q. There are hw coefficients a channel: at most hw/2 frequencies with matrices of (2·size)², and up to four real ones.
  private var matrixCount: Int {
    var count = 0
    transform.forEachFrequency { count += $0.count * $0.count * size * size * geometry.groups }
    return count
  }


  /// Numbers that `make` needs: the matrices of Q and its work memory.
  package var preparedCount: Int {
    let doubles = KernelTransform.memoryCount(geometry) + 4 * size * size
    return matrixCount + (precision == .float64 ? doubles : 2 * doubles + 2) + Rotation(.cayley, size: 2 * size).memoryCount(withDerivatives: false, precision: precision)
  }

  /// Makes Q from the weights of A.
  ///
  /// This thread's watch is asked all the time; if the work must end, the rest is left as it is.
  package func make(_ weights: Vector, angle h: Double, into prepared: UnsafeMutableRawPointer) {
    let work = (prepared + matrixCount * precision.byteCount).alignedUp(toMultipleOf: 8)
    let phases = work.assumingMemoryBound(to: Double.self)
    let matrix = work + KernelTransform.memoryCount(geometry) * 8
    let memory = matrix + 4 * size * size * 8
    let kernel = KernelTransform(geometry, phases)
    let watch = Watch.current
    var next = prepared
    transform.forEachFrequency { frequency in
      let n = frequency.count * size
      defer { next += n * n * geometry.groups * precision.byteCount }
      guard !watch.isOver else { return }
      kernel.set(frequency.vertical, of: transform.height, frequency.horizontal, of: transform.width)
      for group in 0..<geometry.groups {
        let a = Matrix(matrix, rows: n, columns: n, precision: .float64)
        kernel.fill(weights, group: group, isReal: frequency.isReal, into: a)
        Rotation(.cayley, size: n).make(a, angle: h, into: self.matrix(next, n, group), memory: memory)
      }
    }
  }

  /// Stored with contiguous outputs, which single samples need.
  private func matrix(_ base: UnsafeMutableRawPointer, _ n: Int, _ group: Int) -> Matrix {
    Matrix(base + group * n * n * precision.byteCount, rows: n, columns: n, precision: precision).transposed
  }

  /// Rows of scratch that `apply` needs.
  package var scratchRows: Int { 2 * transform.memoryRows }

  /// out = Q x, or Qᵀ x. `out` may be `x`.
  package func apply(_ prepared: UnsafeMutableRawPointer, transposed: Bool, to x: Block, into out: Block, scratch: Block) {
    let rows = transform.memoryRows
    let (first, second) = (scratch.rows(0..<rows), scratch.rows(rows..<2 * rows))
    let z = transform.forward(x, into: first, spare: second)
    let turned = second.packed(rows: transform.rows, columns: x.columns)
    var next = prepared
    transform.forEachFrequency { frequency in
      let n = frequency.count * size
      for group in 0..<geometry.groups {
        let start = frequency.first * geometry.inputChannels + group * n
        let q = matrix(next, n, group)
        affine(
          transposed ? q.transposed : q, bias: nil, activation: .identity, of: z.rows(start..<start + n), scale: 1, addingTo: nil, into: turned.rows(start..<start + n), slope: nil)
      }
      next += n * n * geometry.groups * precision.byteCount
    }
    transform.inverse(second, into: out, spare: first)
  }
}
