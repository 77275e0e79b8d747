import Glibc
import CKernels

/// Softmax cross-entropy Σ (log Σ_c exp(s_c − max) − (s_label − max)), and its gradient scale·(softmax − onehot).
///
/// Lanes are samples; no score overflows because the largest is subtracted. The label −1 stands for none: the sample adds nothing. Another label outside the classes makes the loss NaN. With smoothing ε the label's distribution is
/// q = (1 − ε) onehot + ε/C in place of onehot; a sample's weight multiplies its loss and gradient.
@inline(__always) func crossEntropy<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: LossCall.self)
  c.pointee.loss = 0
  c.pointee.correct = 0
  if c.pointee.columns == 1 { return crossEntropy(F.One.self, c, 0) }
  var column = 0
  while column < c.pointee.columns {
    crossEntropy(F.Wide.self, c, column)
    column &+= F.Wide.count
  }
}

@inline(__always) private func crossEntropy<L: Lanes>(_: L.Type, _ c: UnsafeMutablePointer<LossCall>, _ column: Int) {
  typealias S = L.Scalar
  let scores = c.pointee.scores.assumingMemoryBound(to: S.self) + column
  let gradient = c.pointee.gradient.map { $0.assumingMemoryBound(to: S.self) + column }
  let (top, total) = exponentials(L.self, scores, c.pointee.scoreStride, c.pointee.classes, into: gradient, c.pointee.gradientStride)
  if let gradient { rescale(L.self, gradient, c.pointee.gradientStride, c.pointee.classes, L(S(c.pointee.scale)) / total) }
  var (tops, totals) = (SIMD16<S>(), SIMD16<S>())
  withUnsafeMutablePointer(to: &tops) { top.store(UnsafeMutableRawPointer($0).assumingMemoryBound(to: S.self)) }
  withUnsafeMutablePointer(to: &totals) { total.store(UnsafeMutableRawPointer($0).assumingMemoryBound(to: S.self)) }
  var i = 0
  while i < L.count {
    if column &+ i < c.pointee.count {
      let label = c.pointee.labels.map { Int($0[column &+ i]) } ?? -2
      if label >= 0, label < c.pointee.classes {
        let score = scores[label &* c.pointee.scoreStride &+ i]
        var loss = log(Double(totals[i])) - (Double(score) - Double(tops[i]))
        if let gradient { gradient[label &* c.pointee.gradientStride &+ i] -= S(c.pointee.scale * (1 - c.pointee.smoothing)) }
        if c.pointee.smoothing > 0 { loss = smoothed(loss, c, scores + i, gradient.map { $0 + i }, logTotal: log(Double(totals[i])) + Double(tops[i])) }
        if let weights = c.pointee.weights {
          loss *= weights[column &+ i]
          if let gradient { scale(gradient + i, c.pointee.gradientStride, c.pointee.classes, by: S(weights[column &+ i])) }
        }
        c.pointee.loss += loss
        if score == tops[i], first(scores + i, c.pointee.scoreStride, score, before: label) { c.pointee.correct &+= 1 }
      } else {
        if label != -1 { c.pointee.loss = .nan }
        if let gradient { clear(gradient + i, c.pointee.gradientStride, c.pointee.classes) }
      }
    } else if let gradient {
      clear(gradient + i, c.pointee.gradientStride, c.pointee.classes)
    }
    i &+= 1
  }
}

/// The loss with smoothing ε, (1 − ε)·loss + ε/C·Σ_c (log Σ exp s − s_c). Subtracts scale·ε/C from the gradient of every class.
@inline(__always) private func smoothed<S: KernelScalar>(
  _ loss: Double, _ c: UnsafeMutablePointer<LossCall>, _ scores: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>?, logTotal: Double
) -> Double {
  let part = c.pointee.smoothing / Double(c.pointee.classes)
  var rest = 0.0
  var k = 0
  while k < c.pointee.classes {
    rest += logTotal - Double(scores[k &* c.pointee.scoreStride])
    if let gradient { gradient[k &* c.pointee.gradientStride] -= S(c.pointee.scale * part) }
    k &+= 1
  }
  return (1 - c.pointee.smoothing) * loss + part * rest
}

@inline(__always) private func scale<S: KernelScalar>(_ memory: UnsafeMutablePointer<S>, _ stride: Int, _ rows: Int, by factor: S) {
  var k = 0
  while k < rows {
    memory[k &* stride] *= factor
    k &+= 1
  }
}

/// Whether no class before `label` has the same score: of equal scores the first one is predicted.
@inline(__always) private func first<S: KernelScalar>(_ scores: UnsafePointer<S>, _ stride: Int, _ score: S, before label: Int) -> Bool {
  var k = 0
  while k < label {
    if scores[k &* stride] == score { return false }
    k &+= 1
  }
  return true
}

@inline(__always) private func clear<S: KernelScalar>(_ memory: UnsafeMutablePointer<S>, _ stride: Int, _ rows: Int) {
  var k = 0
  while k < rows {
    memory[k &* stride] = 0
    k &+= 1
  }
}

/// The largest score and Σ exp(score − largest) of each sample; the exponentials go into `out`.
@inline(__always) private func exponentials<L: Lanes>(
  _: L.Type, _ scores: UnsafePointer<L.Scalar>, _ stride: Int, _ classes: Int, into out: UnsafeMutablePointer<L.Scalar>?, _ outStride: Int
) -> (top: L, total: L) {
  var top = L(loading: scores)
  var k = 1
  while k < classes {
    top = L.larger(top, L(loading: scores + k &* stride))
    k &+= 1
  }
  var total = L(0)
  k = 0
  while k < classes {
    let e = exponentialOfNegative(L(loading: scores + k &* stride) - top)
    total = total + e
    if let out { e.store(out + k &* outStride) }
    k &+= 1
  }
  return (top, total)
}

@inline(__always) private func rescale<L: Lanes>(_: L.Type, _ memory: UnsafeMutablePointer<L.Scalar>, _ stride: Int, _ rows: Int, _ factor: L) {
  var k = 0
  while k < rows {
    (L(loading: memory + k &* stride) * factor).store(memory + k &* stride)
    k &+= 1
  }
}

/// gradient = softmax(scores) over the classes of each sample.
@inline(__always) func softmax<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: LossCall.self)
  if c.pointee.columns == 1 { return softmax(F.One.self, c, 0) }
  var column = 0
  while column < c.pointee.columns {
    softmax(F.Wide.self, c, column)
    column &+= F.Wide.count
  }
}

@inline(__always) private func softmax<L: Lanes>(_: L.Type, _ c: UnsafeMutablePointer<LossCall>, _ column: Int) {
  typealias S = L.Scalar
  guard let out = c.pointee.gradient?.assumingMemoryBound(to: S.self) else { return }
  let scores = c.pointee.scores.assumingMemoryBound(to: S.self) + column
  let (_, total) = exponentials(L.self, scores, c.pointee.scoreStride, c.pointee.classes, into: out + column, c.pointee.gradientStride)
  rescale(L.self, out + column, c.pointee.gradientStride, c.pointee.classes, L(1) / total)
}

/// Σ −log σ(±s) for labels 1 and 0 = Σ max(∓s, 0) + log(1 + exp(−|s|)), and its gradient scale·(σ(s) − label). Computed in Double for both precisions.
///
/// Smoothing ε puts (1 − ε)·label + ε/2 in the label's place: softplus(−s) = softplus(s) − s, so that the loss changes by −ε/2·(∓s). The label −1 stands for none: the sample adds nothing.
@inline(__always) func logistic<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: LossCall.self)
  let scores = c.pointee.scores.assumingMemoryBound(to: F.Scalar.self)
  let gradient = c.pointee.gradient?.assumingMemoryBound(to: F.Scalar.self)
  c.pointee.loss = 0
  c.pointee.correct = 0
  var i = 0
  while i < c.pointee.columns {
    let label = i < c.pointee.count ? c.pointee.labels.map { $0[i] } ?? -2 : -1
    if label != -1 {
      let s = Double(scores[i])
      let wrong = label == 1 ? -s : s
      let e = exp(-s.magnitude)
      // NaN must stay NaN: the comparison keeps `wrong` unless it is negative.
      var loss = label == 0 || label == 1 ? (wrong < 0 ? 0 : wrong) + log1p(e) : .nan
      var target = label == 1 ? 1.0 : 0
      if c.pointee.smoothing > 0 {
        loss -= 0.5 * c.pointee.smoothing * wrong
        target = (1 - c.pointee.smoothing) * target + 0.5 * c.pointee.smoothing
      }
      let weight = c.pointee.weights.map { $0[i] } ?? 1
      c.pointee.loss += weight * loss
      if (s > 0) == (label == 1) { c.pointee.correct &+= 1 }
      if let gradient { gradient[i] = F.Scalar(c.pointee.scale * weight * ((s < 0 ? e : 1) / (1 + e) - target)) }
    } else if let gradient {
      gradient[i] = 0
    }
    i &+= 1
  }
}

/// Σ ½‖o − t‖² and its gradient scale·(o − t), computed in Double. A target that is NaN is not observed and adds nothing.
///
/// A row's sum runs over eight lanes, whose sums are added at its end: an order that depends on the number of columns alone.
@inline(__always) func leastSquares<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: LossCall.self)
  guard let targets = c.pointee.targets else { return }
  var sum = 0.0
  var row = 0
  while row < c.pointee.classes {
    let outputs = c.pointee.scores.assumingMemoryBound(to: F.Scalar.self) + row &* c.pointee.scoreStride
    let targets = targets.assumingMemoryBound(to: F.Scalar.self) + row &* c.pointee.targetStride
    let gradient = c.pointee.gradient.map { $0.assumingMemoryBound(to: F.Scalar.self) + row &* c.pointee.gradientStride }
    var i = 0
    if c.pointee.weights == nil {
      let (scale, zero, infinity) = (EightDoubles(c.pointee.scale), EightDoubles(0), EightDoubles(.infinity))
      var sums = zero
      while i &+ 8 <= c.pointee.count {
        let target = F.eight(targets + i)
        // Not less than infinity is NaN alone: targets are finite.
        let difference = EightDoubles.choose(F.eight(outputs + i) - target, zero, whereLess: target.magnitude, than: infinity)
        if let gradient { F.storeEight(scale * difference, gradient + i) }
        sums = sums + difference * difference
        i &+= 8
      }
      sum += sums.sum
    }
    while i < c.pointee.count {
      let weight = c.pointee.weights.map { $0[i] } ?? 1
      let difference = targets[i] == targets[i] ? Double(outputs[i]) - Double(targets[i]) : 0
      sum += weight * (difference * difference)
      if let gradient { gradient[i] = F.Scalar(c.pointee.scale * weight * difference) }
      i &+= 1
    }
    while i < c.pointee.columns {
      gradient?[i] = 0
      i &+= 1
    }
    row &+= 1
  }
  c.pointee.loss = 0.5 * sum
}
