import CKernels

/// sums[o, c] += Σ_k left[o, k]·right[c, k], both of `count` numbers a row: the products of one element of the transposed F(2×2, 3×3).
///
/// Long rows are summed lane by lane, as in a convolution's gradient. For short ones the folding of lanes would cost too much: the right operand is transposed in pieces, so that lanes are its rows.
///
/// - Parameters:
///   - places: room for one place a row of `right`.
///   - buffer: room for `winogradPiece` × 96 numbers.
@inline(__always) func winogradOuter<F: Family>(
  _: F.Type, _ left: UnsafePointer<F.Scalar>, _ outputs: Int, _ right: UnsafePointer<F.Scalar>, _ inputs: Int, count: Int, sums: UnsafeMutablePointer<F.Scalar>, places: UnsafeMutablePointer<Int>,
  buffer: UnsafeMutablePointer<F.Scalar>, room: UnsafeMutableRawPointer
) {
  if inputs % F.Wide.count == 0, outputs % 4 == 0, 2 &* count < 5 &* outputs &* F.Wide.count {
    var input = 0
    while input < inputs {
      let remaining = (inputs &- input) / F.Wide.count
      let strip = Strip<F>(left: left, outputs: outputs, right: right + input &* count, inputs: inputs, count: count, sums: sums + input, buffer: buffer)
      #if V4
        let taken = remaining >= 6 ? 6 : remaining >= 4 ? 4 : remaining >= 2 ? 2 : 1
      #else
        let taken = remaining == 4 ? 2 : remaining >= 3 ? 3 : remaining
      #endif
      switch taken {
      #if V4
        case 6: add(FourOutputs<SixVectors<F.Wide>>.self, strip)
        case 4: add(FourOutputs<FourVectors<F.Wide>>.self, strip)
      #else
        case 3: add(FourOutputs<ThreeVectors<F.Wide>>.self, strip)
      #endif
      case 2: add(FourOutputs<TwoVectors<F.Wide>>.self, strip)
      default: add(FourOutputs<OneVector<F.Wide>>.self, strip)
      }
      input &+= taken &* F.Wide.count
    }
    return
  }
  var input = 0
  while input < inputs {
    places[input] = input &* count
    input &+= 1
  }
  var call = ConvolutionGradientCall(
    plane: right, taps: places, tapCount: inputs, groups: 1, outputs: outputs, groupAdvance: 0, left: left, leftChannelAdvance: count, leftRowAdvance: count, height: 1, rowLength: count,
    rowAdvance: count, gradient: sums)
  convolutionGradient(F.self, &call, room)
}

/// Numbers of a row that are transposed and summed at a time; short sums round less. The direct gradient's sums are shorter where registers are longer, and these are to round at most twice as much.
#if V4
  private let winogradPiece = 32
#else
  private let winogradPiece = 64
#endif

/// All outputs and some neighboring inputs.
private struct Strip<F: Family> {
  let left: UnsafePointer<F.Scalar>
  let outputs: Int
  let right: UnsafePointer<F.Scalar>
  let inputs: Int
  let count: Int
  let sums: UnsafeMutablePointer<F.Scalar>
  let buffer: UnsafeMutablePointer<F.Scalar>
}

@inline(never) private func add<F: Family, T: SumTile>(_: T.Type, _ s: Strip<F>) where T.Scalar == F.Scalar {
  let width = T.Run.count
  var first = 0
  while first < s.count {
    let piece = s.count &- first < winogradPiece ? s.count &- first : winogradPiece
    var input = 0
    while input < width {
      var k = 0
      while k < piece {
        F.transpose(s.right + (input &* s.count &+ first &+ k), s.count, into: s.buffer + (k &* width &+ input), width)
        k &+= F.Wide.count
      }
      input &+= F.Wide.count
    }
    var output = 0
    while output < s.outputs {
      let out = s.sums + output &* s.inputs
      var tile = T(nil, 0)
      var left = s.left + (output &* s.count &+ first)
      var x = UnsafePointer(s.buffer)
      let end = x + piece &* width
      while x < end {
        tile.add(spread: left, s.count, T.Run(loading: x))
        left += 1
        x += width
      }
      (T(loading: out, s.inputs) + tile).store(out, s.inputs)
      output &+= 4
    }
    first &+= piece
  }
}
