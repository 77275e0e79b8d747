import CKernels

/// gradient[o, k] += Σ left[o, p]·plane[position(p) + taps[k]] over all positions and lanes.
///
/// A register tile holds up to four outputs × several taps and sums over a band of positions whose inputs stay in the first-level cache; at its end the lanes are folded. The order depends on the geometry alone.
///
/// - Parameter room: 4 KB.
@inline(__always) func convolutionGradient<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer, _ room: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: ConvolutionGradientCall.self))
  let sums = room.assumingMemoryBound(to: F.Scalar.self)
  // Four outputs of a band take 14 KB.
  let limit = 3584 / MemoryLayout<F.Scalar>.size
  let length = c.pointee.rowLength < limit ? c.pointee.rowLength : limit
  let rows = limit / length
  var group = 0
  while group < c.pointee.groups {
    var row = 0
    while row < c.pointee.height {
      var column = 0
      while column < c.pointee.rowLength {
        let band = Band<F>(
          call: c, group: group, row: row, rows: rows < c.pointee.height &- row ? rows : c.pointee.height &- row, column: column,
          length: length < c.pointee.rowLength &- column ? length : c.pointee.rowLength &- column, room: sums)
        outputs(band)
        column &+= length
      }
      row &+= rows
    }
    group &+= 1
  }
}

/// Some rows of the grid, or a part of one.
private struct Band<F: Family> {
  let call: UnsafePointer<ConvolutionGradientCall>
  let group: Int
  let row: Int
  let rows: Int
  let column: Int
  let length: Int
  let room: UnsafeMutablePointer<F.Scalar>
}

// As many taps as fit the registers, and fewer for what remains; nine for a single output, which are those of a 3 × 3 kernel.
#if V4
  private typealias FourByFewTaps<V: Lanes> = FourOutputs<TwoVectors<V>>
  private typealias FourByTaps<V: Lanes> = FourOutputs<FourVectors<V>>
  private typealias ThreeByTaps<V: Lanes> = ThreeOutputs<SixVectors<V>>
  private typealias TwoByTaps<V: Lanes> = TwoOutputs<NineVectors<V>>
#elseif V3
  private typealias FourByFewTaps<V: Lanes> = FourOutputs<TwoVectors<V>>
  private typealias FourByTaps<V: Lanes> = FourOutputs<ThreeVectors<V>>
  private typealias ThreeByTaps<V: Lanes> = ThreeOutputs<ThreeVectors<V>>
  private typealias TwoByTaps<V: Lanes> = TwoOutputs<FourVectors<V>>
#else
  private typealias FourByFewTaps<V: Lanes> = FourOutputs<TwoVectors<V>>
  private typealias FourByTaps<V: Lanes> = FourOutputs<TwoVectors<V>>
  private typealias ThreeByTaps<V: Lanes> = ThreeOutputs<TwoVectors<V>>
  private typealias TwoByTaps<V: Lanes> = TwoOutputs<FourVectors<V>>
#endif
private typealias OneByTaps<V: Lanes> = OneOutput<NineVectors<V>>

@inline(__always) private func outputs<F: Family>(_ band: Band<F>) {
  let (count, all) = (band.call.pointee.outputs, band.call.pointee.tapCount)
  var output = 0
  while output < count {
    let size = ConvolutionBlocks.outputs(count &- output)
    switch size {
    case 4:
      let width = FourByTaps<F.Wide>.Run.count / F.Wide.count
      let few = all % width == 0 ? 0 : all % width == 1 && all > width ? width &+ 1 : all % width
      taps(FourByTaps<F.Wide>.self, band, output, 0..<all &- few)
      taps(FourByFewTaps<F.Wide>.self, band, output, all &- few..<all)
    case 3: taps(ThreeByTaps<F.Wide>.self, band, output, 0..<all)
    case 2: taps(TwoByTaps<F.Wide>.self, band, output, 0..<all)
    default: taps(OneByTaps<F.Wide>.self, band, output, 0..<all)
    }
    output &+= size
  }
}

/// A block of outputs and a range of taps.
@inline(never) private func taps<F: Family, T: SumTile>(_: T.Type, _ band: Band<F>, _ output: Int, _ range: Range<Int>) where T.Scalar == F.Scalar {
  typealias S = F.Scalar
  let c = band.call
  let channel = band.group &* c.pointee.outputs &+ output
  let left = c.pointee.left.assumingMemoryBound(to: S.self) + (channel &* c.pointee.leftChannelAdvance &+ band.row &* c.pointee.leftRowAdvance &+ band.column)
  let plane = c.pointee.plane.assumingMemoryBound(to: S.self) + (band.group &* c.pointee.groupAdvance &+ band.row &* c.pointee.rowAdvance &+ band.column)
  let gradient = c.pointee.gradient.assumingMemoryBound(to: S.self) + channel &* c.pointee.tapCount
  let width = T.Run.count / F.Wide.count
  var tap = range.lowerBound
  while tap < range.upperBound {
    let remaining = range.upperBound &- tap
    sums(T.self, band, left, plane, T.Run.places(c.pointee.taps + tap, remaining)).store(band.room, T.Run.count)
    add(F.self, band.room, T.outputs, T.Run.count, gradient + tap, c.pointee.tapCount, remaining < width ? remaining : width)
    tap &+= width
  }
}

/// The rows of the band in one loop: sums that live through two nested ones do not stay in registers.
@inline(__always) private func sums<F: Family, T: SumTile>(
  _: T.Type, _ band: Band<F>, _ left: UnsafePointer<F.Scalar>, _ plane: UnsafePointer<F.Scalar>, _ places: T.Run.Places
) -> T where T.Scalar == F.Scalar {
  let c = band.call
  let advance = c.pointee.leftChannelAdvance
  let steps = band.length / F.Wide.count
  let leftGap = c.pointee.leftRowAdvance &- band.length
  let gap = c.pointee.rowAdvance &- band.length
  var tile = T(nil, 0)
  var (left, plane) = (left, plane)
  var remaining = band.rows &* steps
  var step = steps
  while remaining > 0 {
    tile.add(left, advance, T.Run(loading: plane, at: places))
    step &-= 1
    left += F.Wide.count &+ (step == 0 ? leftGap : 0)
    plane += F.Wide.count &+ (step == 0 ? gap : 0)
    step = step == 0 ? steps : step
    remaining &-= 1
  }
  return tile
}

/// Folds the lanes of a tile's sums and adds them to the gradient.
@inline(__always) private func add<F: Family>(
  _: F.Type, _ sums: UnsafePointer<F.Scalar>, _ outputs: Int, _ advance: Int, _ gradient: UnsafeMutablePointer<F.Scalar>, _ stride: Int, _ taps: Int
) {
  var output = 0
  while output < outputs {
    var tap = 0
    while tap < taps {
      gradient[output &* stride &+ tap] += F.Wide(loading: sums + (output &* advance &+ tap &* F.Wide.count)).sum
      tap &+= 1
    }
    output &+= 1
  }
}
