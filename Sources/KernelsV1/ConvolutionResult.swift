import CKernels

/// What follows the sums of a convolution: out = base + scale·σ(sum), slope = σ'(sum). The sums begin with the bias.
///
/// The sums are `count` numbers of each of some neighboring channels, `advance` apart; they begin at number `offset` of a grid row whose pixels are `step` apart. Not inlined, so that there is one body for all shapes of
/// tiles.
@inline(never) func finish<F: Family>(
  _: F.Type, _ result: UnsafePointer<ConvolutionResult>, channel: Int, channels: Int, pixel: Int, step: Int, offset: Int, count: Int, _ sums: UnsafePointer<F.Scalar>, advance: Int
) {
  withActivation(
    result.pointee.activation,
    FinishWork<F>(
      result: result, channels: channels, pixel: channel &* result.pointee.pixels &+ pixel, step: step, offset: offset, count: count, sums: sums, advance: advance))
}

/// Whether pixels that are `step` apart follow one another in all blocks of the result.
@inline(__always) func isDense(_ result: UnsafePointer<ConvolutionResult>, _ step: Int) -> Bool {
  let lanes = result.pointee.lanes
  return step == 1 && result.pointee.outStride == lanes && (result.pointee.base == nil || result.pointee.baseStride == lanes)
    && (result.pointee.slope == nil || result.pointee.slopeStride == lanes)
}

private struct FinishWork<F: Family>: ActivationWork {
  let result: UnsafePointer<ConvolutionResult>
  let channels: Int
  let pixel: Int
  let step: Int
  let offset: Int
  let count: Int
  let sums: UnsafePointer<F.Scalar>
  let advance: Int

  @inline(__always) func run<A: ActivationKernel>(_: A.Type) {
    var channel = 0
    while channel < channels {
      let first = pixel &+ channel &* result.pointee.pixels
      if isDense(result, step) {
        activated(A.self, first, offset, count, sums + channel &* advance)
      } else {
        pixels(A.self, first, sums + channel &* advance)
      }
      channel &+= 1
    }
  }

  /// Pixels that are not neighbors, one by one; the numbers may begin and end within a pixel.
  @inline(__always) private func pixels<A: ActivationKernel>(_: A.Type, _ first: Int, _ sums: UnsafePointer<F.Scalar>) {
    let lanes = result.pointee.lanes
    var (pixel, lane) = (first &+ offset / lanes &* step, offset % lanes)
    var done = 0
    while done < count {
      let length = lanes &- lane < count &- done ? lanes &- lane : count &- done
      activated(A.self, pixel, lane, length, sums + done)
      done &+= length
      pixel &+= step
      lane = 0
    }
  }

  @inline(__always) private func activated<A: ActivationKernel>(_: A.Type, _ pixel: Int, _ offset: Int, _ count: Int, _ sums: UnsafePointer<F.Scalar>) {
    typealias S = F.Scalar
    let r = result.pointee
    activateRow(
      F.self, A.self, sums, r.scale, r.base.map { $0.assumingMemoryBound(to: S.self) + (pixel &* r.baseStride &+ offset) },
      r.out.assumingMemoryBound(to: S.self) + (pixel &* r.outStride &+ offset), r.slope.map { $0.assumingMemoryBound(to: S.self) + (pixel &* r.slopeStride &+ offset) }, count)
  }
}
