import CKernels

/// One step of SGD in one pass: d = g + weightDecay·θ; v ← momentum·v + d; θ ← θ − rate·(nesterov ? d + momentum·v : v).
///
/// Source: the formula of PyTorch's SGD (dampening 0), after Sutskever et al. (2013).
/// - Parameter velocity: nil for plain gradient descent: θ ← θ − rate·d.
package func sgdStep(_ parameters: Vector, gradient: Vector, velocity: Vector?, rate: Double, momentum: Double, nesterov: Bool, weightDecay: Double) {
  var call = OptimizerCall(
    parameters: parameters.base, gradient: gradient.base, first: velocity?.base, second: nil, count: parameters.count, rate: rate, momentum: momentum, beta2: 0, epsilon: 0,
    correction1: 1, correction2: 1, weightDecay: weightDecay, decoupledDecay: 0, nesterov: nesterov)
  Kernels.table(parameters.precision).pointee.sgd(&call)
}

/// One step of Adam or AdamW in one pass.
///
/// θ ← θ(1 − rate·decoupledDecay); d = g + weightDecay·θ; m ← β₁m + (1−β₁)d; v ← β₂v + (1−β₂)d²; θ ← θ − (rate/c₁)·m/(√v/√c₂ + ε).
/// Source: Kingma & Ba (2015); Loshchilov & Hutter (2019) for the decoupled decay; PyTorch's formulas.
/// - Parameters: correction1, correction2: 1 − β₁ᵗ and 1 − β₂ᵗ at step t = 1, 2, …
package func adamStep(
  _ parameters: Vector, gradient: Vector, first: Vector, second: Vector, rate: Double, beta1: Double, beta2: Double, epsilon: Double, correction1: Double, correction2: Double,
  weightDecay: Double, decoupledDecay: Double
) {
  var call = OptimizerCall(
    parameters: parameters.base, gradient: gradient.base, first: first.base, second: second.base, count: parameters.count, rate: rate, momentum: beta1, beta2: beta2,
    epsilon: epsilon, correction1: correction1, correction2: correction2, weightDecay: weightDecay, decoupledDecay: decoupledDecay, nesterov: false)
  Kernels.table(parameters.precision).pointee.adam(&call)
}
