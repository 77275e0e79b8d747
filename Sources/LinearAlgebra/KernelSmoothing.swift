import Settings

/// The implicit smoothing (I + hLᵀL)⁻¹ of images around a torus, L a stencil for each channel: a periodic depthwise convolution that keeps the size.
///
/// In the Fourier basis (`ImageTransform`) it multiplies each coefficient by 1/(1 + h|L̂|²) in (0, 1], the same for its real and imaginary part, so that it is symmetric and never amplifies.
/// Source: Haber, Lensink, Treister & Ruthotto 2019 (arXiv:1903.02639).
/// Cost: two transforms and one product a coefficient.
package final class KernelSmoothing: Sendable {
  private let transform: ImageTransform
  private let geometry: ConvolutionGeometry
  private let precision: Precision

  /// - Parameter geometry: of L.
  /// - Throws: `memory`.
  package init(_ geometry: ConvolutionGeometry, precision: Precision) throws(Failure) {
    precondition(geometry.padding == .periodic && geometry.inputRows == geometry.outputRows && geometry.groups == geometry.inputChannels, "KernelSmoothing: a periodic stencil for each channel")
    self.geometry = geometry
    self.precision = precision
    transform = try ImageTransform(channels: geometry.inputChannels, height: geometry.vertical.input, width: geometry.horizontal.input, precision: precision)
  }

  /// Numbers that `make` needs: a factor for each coefficient and work memory.
  package var preparedCount: Int { transform.rows + (precision == .float64 ? 1 : 2) * KernelTransform.memoryCount(geometry) + 2 }

  /// Makes the factors from the taps of L, channels × taps.
  package func make(_ taps: Vector, stepSize h: Double, into prepared: UnsafeMutableRawPointer) {
    let factors = Vector(prepared, count: transform.rows, precision: precision)
    let kernel = KernelTransform(geometry, (prepared + transform.rows * precision.byteCount).alignedUp(toMultipleOf: 8).assumingMemoryBound(to: Double.self))
    let (channels, watch) = (geometry.inputChannels, Watch.current)
    transform.forEachFrequency { frequency in
      guard !watch.isOver else { return }
      kernel.set(frequency.vertical, of: transform.height, frequency.horizontal, of: transform.width)
      for channel in 0..<channels {
        let (real, imaginary) = kernel.value(taps, channel * geometry.taps)
        let factor = 1 / (1 + h * (real * real + imaginary * imaginary))
        for part in 0..<frequency.count { factors.store(factor, at: (frequency.first + part) * channels + channel) }
      }
    }
  }

  /// Rows of scratch that `apply` needs.
  package var scratchRows: Int { 2 * transform.memoryRows }

  /// out = (I + hLᵀL)⁻¹ x. `out` may be `x`.
  package func apply(_ prepared: UnsafeMutableRawPointer, to x: Block, into out: Block, scratch: Block) {
    let rows = transform.memoryRows
    let (first, second) = (scratch.rows(0..<rows), scratch.rows(rows..<2 * rows))
    let z = transform.forward(x, into: first, spare: second)
    scaleRows(Bias(prepared, stride: 1), z, scale: 1, addingTo: nil, into: z)
    transform.inverse(first, into: out, spare: second)
  }
}
