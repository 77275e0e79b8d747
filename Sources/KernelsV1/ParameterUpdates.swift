import CKernels

/// d = g + wd·θ; v ← μv + d; θ ← θ − rate·(nesterov ? d + μv : v); without a velocity the step is d.
@inline(__always) func sgd<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: OptimizerCall.self).pointee
  var i = 0
  while i &+ F.Wide.count <= c.count {
    sgd(F.Wide.self, c, i)
    i &+= F.Wide.count
  }
  while i < c.count {
    sgd(F.One.self, c, i)
    i &+= 1
  }
}

@inline(__always) private func sgd<L: Lanes>(_: L.Type, _ c: OptimizerCall, _ i: Int) {
  typealias S = L.Scalar
  let parameters = c.parameters.assumingMemoryBound(to: S.self) + i
  let theta = L(loading: parameters)
  let d = L.fma(L(S(c.weightDecay)), theta, L(loading: c.gradient.assumingMemoryBound(to: S.self) + i))
  var step = d
  if let first = c.first {
    let velocity = first.assumingMemoryBound(to: S.self) + i
    let v = L.fma(L(S(c.momentum)), L(loading: velocity), d)
    v.store(velocity)
    step = c.nesterov ? L.fma(L(S(c.momentum)), v, d) : v
  }
  L.fma(L(S(-c.rate)), step, theta).store(parameters)
}

/// θ ← θ(1 − rate·decay); d = g + wd·θ; m ← β₁m + (1−β₁)d; v ← β₂v + (1−β₂)d²; θ ← θ − (rate/c₁)·m/(√v/√c₂ + ε).
@inline(__always) func adam<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: OptimizerCall.self).pointee
  guard let first = c.first, let second = c.second else { return }
  let root = 1 / c.correction2.squareRoot()
  var i = 0
  while i &+ F.Wide.count <= c.count {
    adam(F.Wide.self, c, first, second, root, i)
    i &+= F.Wide.count
  }
  while i < c.count {
    adam(F.One.self, c, first, second, root, i)
    i &+= 1
  }
}

@inline(__always) private func adam<L: Lanes>(_: L.Type, _ c: OptimizerCall, _ first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer, _ root: Double, _ i: Int) {
  typealias S = L.Scalar
  let parameters = c.parameters.assumingMemoryBound(to: S.self) + i
  let first = first.assumingMemoryBound(to: S.self) + i
  let second = second.assumingMemoryBound(to: S.self) + i
  let before = L(loading: parameters)
  let theta = L.fma(L(S(-c.rate * c.decoupledDecay)), before, before)
  let d = L.fma(L(S(c.weightDecay)), theta, L(loading: c.gradient.assumingMemoryBound(to: S.self) + i))
  let m = L.fma(L(S(c.momentum)), L(loading: first), L(S(1 - c.momentum)) * d)
  let v = L.fma(L(S(c.beta2)), L(loading: second), L(S(1 - c.beta2)) * (d * d))
  m.store(first)
  v.store(second)
  let denominator = L.fma(v.squareRoot, L(S(root)), L(S(c.epsilon)))
  (theta - L(S(c.rate / c.correction1)) * m / denominator).store(parameters)
}
