/// An activation over lanes: its value, and its value with its slope.
protocol ActivationKernel {
  /// Whether the affine kernels contain their own copies of it. The other activations share one body, `activateRow`, which keeps the code small.
  static var isFused: Bool { get }
  static func value<L: Lanes>(_ x: L) -> L
  static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L)
}

extension ActivationKernel {
  @inline(__always) static var isFused: Bool { true }
}

/// Code that is compiled once for each activation.
protocol ActivationWork {
  func run<A: ActivationKernel>(_: A.Type)
}

/// Calls `work` with the activation that has this raw value in LinearAlgebra's `Activation`.
@inline(__always) func withActivation<W: ActivationWork>(_ activation: Int32, _ work: W) {
  switch activation {
  case 0: work.run(IdentityKernel.self)
  case 1: work.run(TanhKernel.self)
  case 2: work.run(ReluKernel.self)
  case 3: work.run(SigmoidKernel.self)
  case 4: work.run(SoftplusKernel.self)
  default: withLessUsualActivation(activation, work)
  }
}

/// Not inlined, so that the many shapes of the affine kernels contain the code of the usual activations alone.
@inline(never) private func withLessUsualActivation<W: ActivationWork>(_ activation: Int32, _ work: W) {
  switch activation {
  case 5: work.run(SinKernel.self)
  case 6: work.run(SmoothReluKernel.self)
  case 7: work.run(LeakyReluKernel.self)
  case 8: work.run(EluKernel.self)
  case 9: work.run(GeluKernel.self)
  default: work.run(SiluKernel.self)
  }
}

enum IdentityKernel: ActivationKernel {
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { x }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) { (x, L(1)) }
}

enum TanhKernel: ActivationKernel {
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { hyperbolicTangent(x) }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    let y = hyperbolicTangent(x)
    return (y, L.fma(y.negated, y, L(1)))
  }
}

enum ReluKernel: ActivationKernel {
  // x is the second operand, so that NaN passes.
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { L.larger(L(0), x) }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) { (L.larger(L(0), x), L.choose(L(1), L(0), whereLess: L(0), than: x)) }
}

enum SigmoidKernel: ActivationKernel {
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { logisticSigmoid(x) }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    let y = logisticSigmoid(x)
    return (y, L.fma(y.negated, y, y))
  }
}

enum SoftplusKernel: ActivationKernel {
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { softPlus(x).value }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) { softPlus(x) }
}

enum SinKernel: ActivationKernel {
  @inline(__always) static var isFused: Bool { false }
  @inline(__always) static func value<L: Lanes>(_ x: L) -> L { sineAndCosine(x).sine }
  @inline(__always) static func valueAndSlope<L: Lanes>(_ x: L) -> (value: L, slope: L) {
    let (sine, cosine) = sineAndCosine(x)
    return (sine, cosine)
  }
}

/// σ over a contiguous array.
@inline(__always) func applyActivation<F: Family>(_ family: F.Type, _ activation: Int32, _ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int) {
  let from = x.assumingMemoryBound(to: F.Scalar.self)
  let to = out.assumingMemoryBound(to: F.Scalar.self)
  withActivation(activation, Map<F>(x: from, out: to, count: count))
}

private struct Map<F: Family>: ActivationWork {
  let x: UnsafePointer<F.Scalar>
  let out: UnsafeMutablePointer<F.Scalar>
  let count: Int
  @inline(__always) func run<A: ActivationKernel>(_: A.Type) {
    if A.isFused { return map(F.self, A.self, x, out, count) }
    activateRow(F.self, A.self, x, 1, nil, out, nil, count)
  }
}

@inline(__always) private func map<F: Family, A: ActivationKernel>(
  _: F.Type, _: A.Type, _ x: UnsafePointer<F.Scalar>, _ out: UnsafeMutablePointer<F.Scalar>, _ count: Int
) {
  var i = 0
  while i &+ F.Wide.count <= count {
    A.value(F.Wide(loading: x + i)).store(out + i)
    i &+= F.Wide.count
  }
  while i < count {
    A.value(F.One(loading: x + i)).store(out + i)
    i &+= 1
  }
}

@inline(__always) func applyExponential<F: Family>(_: F.Type, _ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int) {
  let from = x.assumingMemoryBound(to: F.Scalar.self)
  let to = out.assumingMemoryBound(to: F.Scalar.self)
  var i = 0
  while i &+ F.Wide.count <= count {
    exponential(F.Wide(loading: from + i)).store(to + i)
    i &+= F.Wide.count
  }
  while i < count {
    exponential(F.One(loading: from + i)).store(to + i)
    i &+= 1
  }
}
