import CKernels
import CShims

/// The products of F(2×2, 3×3) for one row of the transformed elements, and the output transform.
///
/// The sums of the outputs in the upper row of each square are P, those in the lower row D, each for the left and the right column. Rows come in the order 1, 2, 0, 3: rows 1 and 2 make P and D, row 0 completes P and
/// row 3 completes D. Within a row, elements 1 and 2 are summed in registers, added and subtracted there, and elements 0 and 3 add on top, so that no product is stored. Inputs are summed in ascending order.
struct WinogradRow<Scalar> {
  /// The row's transformed inputs: column of the element, channel and square; for a tile so for each run of squares that the products take at once, so that they read one short piece of memory many times.
  let inputs: UnsafePointer<Scalar>
  let areInRuns: Bool
  let channels: Int
  /// Numbers of one channel, a multiple of a register's.
  let squares: Int
  /// The row's transformed weights: for each block of four outputs, column of the element, channel and output.
  let weights: UnsafePointer<Scalar>
  /// A multiple of four.
  let outputs: Int
  /// P left, P right, D left, D right: outputs × squares each.
  let sums: UnsafeMutablePointer<Scalar>
  let sumAdvance: Int
  let row: Int
}

// Two elements × outputs × a run of squares in registers. A short run has four outputs instead of two.
#if V4
  private typealias WideProducts<V: Lanes> = TwoOutputs<SixVectors<V>>
  private typealias MediumProducts<V: Lanes> = TwoOutputs<FourVectors<V>>
  private typealias ShortProducts<V: Lanes> = FourOutputs<TwoVectors<V>>
#elseif V3
  private typealias WideProducts<V: Lanes> = TwoOutputs<ThreeVectors<V>>
  private typealias MediumProducts<V: Lanes> = TwoOutputs<TwoVectors<V>>
  private typealias ShortProducts<V: Lanes> = TwoOutputs<TwoVectors<V>>
#else
  private typealias WideProducts<V: Lanes> = TwoOutputs<TwoVectors<V>>
  private typealias MediumProducts<V: Lanes> = TwoOutputs<TwoVectors<V>>
  private typealias ShortProducts<V: Lanes> = TwoOutputs<TwoVectors<V>>
#endif
private typealias LastProducts<V: Lanes> = FourOutputs<OneVector<V>>

/// The squares, in numbers, that the products take at once where `remaining` are left.
@inline(__always) func winogradRun<F: Family>(_: F.Type, _ remaining: Int) -> Int {
  let (wide, medium, short) = (WideProducts<F.Wide>.Run.count, MediumProducts<F.Wide>.Run.count, ShortProducts<F.Wide>.Run.count)
  // Two medium runs are better than a wide one and one of a single register.
  if remaining >= wide, remaining != 2 &* medium || wide &+ F.Wide.count != 2 &* medium { return wide }
  return remaining >= medium ? medium : remaining >= short ? short : F.Wide.count
}

@inline(never) func winogradProducts<F: Family>(_: F.Type, _ r: UnsafePointer<WinogradRow<F.Scalar>>) {
  var at = 0
  while at < r.pointee.squares {
    let run = winogradRun(F.self, r.pointee.squares &- at)
    if run == WideProducts<F.Wide>.Run.count {
      outputs(WideProducts<F.Wide>.self, r, at)
    } else if run == MediumProducts<F.Wide>.Run.count {
      outputs(MediumProducts<F.Wide>.self, r, at)
    } else if run == ShortProducts<F.Wide>.Run.count {
      outputs(ShortProducts<F.Wide>.self, r, at)
    } else {
      outputs(LastProducts<F.Wide>.self, r, at)
    }
    at &+= run
  }
}

/// One run of squares, all outputs.
@inline(never) private func outputs<T: SumTile>(_: T.Type, _ r: UnsafePointer<WinogradRow<T.Scalar>>, _ at: Int) {
  let row = r.pointee.row
  let (channels, squares, part) = (r.pointee.channels, r.pointee.squares, r.pointee.sumAdvance)
  let inputs = r.pointee.inputs + (r.pointee.areInRuns ? 4 &* channels &* at : at)
  let advance = r.pointee.areInRuns ? T.Run.count : squares
  // For one sample there is a gap of a register behind each column, for registers that are stored whole.
  let column = channels &* advance &+ (r.pointee.areInRuns ? 0 : 16)
  var output = 0
  while output < r.pointee.outputs {
    let weights = r.pointee.weights + ((output & ~3) &* 4 &* channels &+ (output & 3))
    let sums = r.pointee.sums + (output &* squares &+ at)
    var (x, y) = (T(nil, 0), T(nil, 0))
    accumulate(&x, &y, weights + 4 &* channels, weights + 8 &* channels, inputs + column, inputs + 2 &* column, channels, advance)
    (x, y) = (x + y, x - y)
    if row == 0 { (x, y) = (x + T(loading: sums, squares), y + T(loading: sums + part, squares)) }
    if row == 3 { (x, y) = (x + T(loading: sums + 2 &* part, squares), y + T(loading: sums + 3 &* part, squares)) }
    accumulate(&x, &y, weights, weights + 12 &* channels, inputs, inputs + 3 &* column, channels, advance)
    winogradStore(x, y, row: row, sums, part, squares)
    output &+= T.outputs
  }
}

/// The sums of a row's elements, x of the left and y of the right column, go to P and D, which are `part` apart.
@inline(__always) func winogradStore<T: SumTile>(_ x: T, _ y: T, row: Int, _ sums: UnsafeMutablePointer<T.Scalar>, _ part: Int, _ advance: Int) {
  switch row {
  case 2:
    split(x, sums, sums + 2 &* part, advance)
    split(y, sums + part, sums + 3 &* part, advance)
  case 3:
    x.store(sums + 2 &* part, advance)
    y.store(sums + 3 &* part, advance)
  default:
    x.store(sums, advance)
    y.store(sums + part, advance)
  }
}

/// P and D of one column of outputs: p + x and p − x.
@inline(__always) private func split<T: SumTile>(_ x: T, _ p: UnsafeMutablePointer<T.Scalar>, _ d: UnsafeMutablePointer<T.Scalar>, _ advance: Int) {
  let before = T(loading: p, advance)
  (before + x).store(p, advance)
  (before - x).store(d, advance)
  sode_shim_keep_order()
}

/// Two elements side by side: x += u·p and y += v·q over the channels.
@inline(__always) private func accumulate<T: SumTile>(
  _ x: inout T, _ y: inout T, _ u: UnsafePointer<T.Scalar>, _ v: UnsafePointer<T.Scalar>, _ p: UnsafePointer<T.Scalar>, _ q: UnsafePointer<T.Scalar>, _ channels: Int, _ advance: Int
) {
  var (u, v, p, q) = (u, v, p, q)
  var (a, b) = (x, y)
  var channel = channels
  while channel > 0 {
    a.add(u, T.Run(loading: p))
    sode_shim_keep_order()
    b.add(v, T.Run(loading: q))
    u += 4
    v += 4
    p += advance
    q += advance
    channel &-= 1
  }
  (x, y) = (a, b)
}
