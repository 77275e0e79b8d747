import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct LinearOperatorTests {
  @Test func transposedTwiceIsTheSame() throws {
    let numbers = try Numbers(4, .float32)
    let weights = OperatorWeights(numbers.vector.base, .prepared)
    #expect(!weights.isTransposed && weights.transposed.isTransposed && !weights.transposed.transposed.isTransposed)
    #expect(weights.transposed.form == .prepared && weights.transposed.base == weights.base)
  }

  /// Fields use only the operator protocol, so an operator that is not a dense matrix works as well. This one is y ↦ κ⊙y with one number per feature, and is its own transpose.
  @Test func anyOperatorMakesAField() throws {
    let diagonal = DiagonalOperator(count: 4)
    let place = OperatorPlace(diagonal, tensor: 0, use: .itself, weightUse: .gradient, preparedOffset: nil)
    let (kappa, bias) = (try Numbers([0.5, -1, 2, 0.1], .float64), try Numbers([0.1, 0.2, 0.3, 0.4], .float64))
    var layer = Layer()
    layer.tensors[0] = kappa.vector.base
    layer.tensors[1] = bias.vector.base
    let map = ComposedMap(gradientOf: place, bias: BiasPlace(tensor: 1, stride: 1), .tanh, factor: -1)
    let x = try Numbers.normal(64, .float64, seed: 1)
    let out = try Numbers(64, .float64)
    map.evaluate(
      layer, at: x.block(rows: 4, columns: 16), scale: 1, addingTo: nil, into: out.block(rows: 4, columns: 16), record: nil,
      scratch: .zeros(map.scratchWidth, 16, .float64))
    for sample in 0..<16 {
      let expected = (0..<4).map { -kappa[$0] * plainActivation(.tanh, kappa[$0] * x.column(sample, of: 16)[$0] + bias[$0]).value }
      #expect(largestDifference(out.column(sample, of: 16), expected) < 1e-14)
    }
  }
}

/// The simplest operator: a diagonal matrix.
private final class DiagonalOperator: LinearOperator {
  let inputs: Int
  var outputs: Int { inputs }
  var shape: [Int] { [inputs] }
  var fanIn: Int { 1 }
  var fanOut: Int { 1 }
  var preparedCount: Int { 0 }

  init(count: Int) { inputs = count }

  func biasCount(_ kind: BiasKind, transposed: Bool) -> Int { kind.count(inputs) }

  func affine(
    _ weights: OperatorWeights, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?,
    scratch: Block
  ) {
    let inside = Block.zeros(inputs, x.columns, x.precision)
    scaleRows(Bias(weights.base, stride: 1), x, scale: 1, addingTo: nil, into: inside)
    if let bias {
      let ones = Block.zeros(inputs, x.columns, x.precision)
      fill(ones, 1)
      scaleRows(bias, ones, scale: 1, addingTo: inside, into: inside)
    }
    activate(activation, inside, scale: scale, addingTo: base, into: out, slope: slope)
  }

  func accumulateGradient(_ left: Block, _ right: Block, addingTo gradient: OperatorWeights, scratch: Block) {
    accumulateRowDots(left, right, scale: 1, addingTo: Bias(gradient.base, stride: 1))
  }
  func accumulateBiasGradient(_ left: Block, addingTo gradient: Bias, transposed: Bool) { accumulateRowSums(left, addingTo: gradient) }
  func affineForm(_ weights: OperatorWeights, bias: Bias?, activation: Activation, sign: Double) -> AffineForm? { nil }
  func boundNorm(_ tensor: UnsafeMutableRawPointer, isAntisymmetric: Bool, enough target: Double, by bound: NormBound) -> Double {
    isAntisymmetric ? 0 : largestMagnitude(Vector(tensor, count: inputs, precision: .float64))
  }
  var normLooseness: Double { 1 }
  var normExtents: (rows: Int, columns: Int) { (1, 1) }
  func prepareCopy(of tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer) {}
  func prepareAntisymmetric(_ tensor: UnsafeMutableRawPointer, damping: Double, into prepared: UnsafeMutableRawPointer) {}
  func prepareSymmetric(_ tensor: UnsafeMutableRawPointer, into prepared: UnsafeMutableRawPointer) {}
  func antisymmetrizeGradient(_ tensor: UnsafeMutableRawPointer) {}
  func symmetrizeGradient(_ tensor: UnsafeMutableRawPointer) {}
}
