// Temporary: the facade over plain loops until the kernels land. Signatures are final.
import Glibc

package func affine(_ weights: Matrix, bias: Bias?, activation: Activation, of x: Block, scale: Double, addingTo base: Block?, into out: Block, slope: Block?) {
  out.precision == .float32 ? Plain<Float>.affine(weights, bias, activation, x, scale, base, out, slope) : Plain<Double>.affine(weights, bias, activation, x, scale, base, out, slope)
}
package func multiply(_ scale: Double, _ a: Block, _ b: Block, addingTo base: Block?, into out: Block) {
  out.precision == .float32 ? Plain<Float>.multiply(scale, a, b, base, out) : Plain<Double>.multiply(scale, a, b, base, out)
}
package func combine(_ a: Double, _ x: Block, _ b: Double, _ y: Block, into out: Block) {
  out.precision == .float32 ? Plain<Float>.combine(a, x, b, y, out) : Plain<Double>.combine(a, x, b, y, out)
}
package func copy(_ x: Block, into out: Block) { out.precision == .float32 ? Plain<Float>.copy(x, out) : Plain<Double>.copy(x, out) }
package func fill(_ out: Block, _ value: Double) { out.precision == .float32 ? Plain<Float>.fill(out, value) : Plain<Double>.fill(out, value) }
package func accumulateOuter(_ left: Block, _ right: Block, addingTo out: Matrix) {
  out.precision == .float32 ? Plain<Float>.outer(left, right, out) : Plain<Double>.outer(left, right, out)
}
package func accumulateRowSums(_ x: Block, addingTo out: Bias) { x.precision == .float32 ? Plain<Float>.rowSums(x, out) : Plain<Double>.rowSums(x, out) }
package func dot(_ x: Block, _ y: Block) -> Double { x.precision == .float32 ? Plain<Float>.dot(x, y) : Plain<Double>.dot(x, y) }
package func antisymmetrize(_ k: Matrix, damping gamma: Double, into m: Matrix) {
  m.precision == .float32 ? Plain<Float>.antisymmetrize(k, gamma, m) : Plain<Double>.antisymmetrize(k, gamma, m)
}
package func accumulateAntisymmetrized(_ g: Matrix, addingTo dk: Matrix) {
  g.precision == .float32 ? Plain<Float>.accumulateAntisymmetrized(g, dk) : Plain<Double>.accumulateAntisymmetrized(g, dk)
}

package func copy(_ x: Vector, into out: Vector) { out.base.copyMemory(from: x.base, byteCount: out.count * out.precision.byteCount) }
package func fill(_ out: Vector, _ value: Double) { fill(Block(out.base, rows: 1, columns: out.count, precision: out.precision), value) }
package func axpy(_ a: Double, _ x: Vector, addingTo y: Vector) { y.precision == .float32 ? Plain<Float>.axpy(a, x, y) : Plain<Double>.axpy(a, x, y) }
package func scale(_ a: Double, _ y: Vector) { y.precision == .float32 ? Plain<Float>.scale(a, y) : Plain<Double>.scale(a, y) }
package func dot(_ x: Vector, _ y: Vector) -> Double { x.precision == .float32 ? Plain<Float>.dot(x, y) : Plain<Double>.dot(x, y) }
package func sumOfSquares(_ x: Vector) -> Double { dot(x, x) }
package func allFinite(_ x: Vector) -> Bool { x.precision == .float32 ? Plain<Float>.allFinite(x) : Plain<Double>.allFinite(x) }
/// out = parts[0] + parts[1] + …, in this order. `out` may be the memory of parts[0].
package func reduce(_ parts: [Vector], into out: Vector) {
  guard let first = parts.first else { return fill(out, 0) }
  if first.base != out.base { copy(first, into: out) }
  for part in parts.dropFirst() { out.precision == .float32 ? Plain<Float>.add(part, out) : Plain<Double>.add(part, out) }
}
package func accumulateSmoothness(_ theta: Vector, layers: Int, size: Int, factor: Double, addingTo gradient: Vector?) -> Double {
  theta.precision == .float32 ? Plain<Float>.smoothness(theta, layers, size, factor, gradient) : Plain<Double>.smoothness(theta, layers, size, factor, gradient)
}
package func sgdStep(_ parameters: Vector, gradient: Vector, velocity: Vector?, rate: Double, momentum: Double, nesterov: Bool, weightDecay: Double) {
  switch parameters.precision {
  case .float32: Plain<Float>.sgd(parameters, gradient, velocity, Float(rate), Float(momentum), nesterov, Float(weightDecay))
  case .float64: Plain<Double>.sgd(parameters, gradient, velocity, rate, momentum, nesterov, weightDecay)
  }
}
package func adamStep(
  _ parameters: Vector, gradient: Vector, first: Vector, second: Vector, rate: Double, beta1: Double, beta2: Double, epsilon: Double,
  correction1: Double, correction2: Double, weightDecay: Double, decoupledDecay: Double
) {
  switch parameters.precision {
  case .float32:
    Plain<Float>.adam(
      parameters, gradient, first, second, Float(rate), Float(beta1), Float(beta2), Float(epsilon), Float(correction1), Float(correction2), Float(weightDecay), Float(decoupledDecay))
  case .float64: Plain<Double>.adam(parameters, gradient, first, second, rate, beta1, beta2, epsilon, correction1, correction2, weightDecay, decoupledDecay)
  }
}

package func gather(_ source: TensorView, rows: UnsafePointer<Int64>?, start: Int, count: Int, shift: Vector?, scale: Vector?, into tile: Block) {
  tile.precision == .float32 ? Plain<Float>.gather(source, rows, start, count, shift, scale, tile) : Plain<Double>.gather(source, rows, start, count, shift, scale, tile)
}
package func scatter(_ tile: Block, count: Int, to target: MutableTensorView, startRow: Int) {
  for s in 0..<count { for f in 0..<target.columns { setElement(target, startRow + s, f, pget(tile, f, s)) } }
}
/// The vector, read as dense row-major `target.rows` × `target.columns`, into the target.
package func convert(_ source: Vector, to target: MutableTensorView) {
  for r in 0..<target.rows { for c in 0..<target.columns { setElement(target, r, c, source.load(r * target.columns + c)) } }
}
/// The view into the vector, dense row-major.
package func convert(_ source: TensorView, into target: Vector) {
  for r in 0..<source.rows { for c in 0..<source.columns { target.store(element(source, r, c), at: r * source.columns + c) } }
}
package func firstNonFinite(_ view: TensorView) -> (row: Int, column: Int)? {
  guard view.type.isFloatingPoint else { return nil }
  for r in 0..<view.rows { for c in 0..<view.columns where !element(view, r, c).isFinite { return (r, c) } }
  return nil
}

package func apply(_ activation: Activation, to x: Vector, into out: Vector) {
  for i in 0..<x.count {
    out.store(x.precision == .float32 ? Double(Plain<Float>.sigma(activation, Float(x.load(i))).0) : Plain<Double>.sigma(activation, x.load(i)).0, at: i)
  }
}
package func exponential(_ x: Vector, into out: Vector) { for i in 0..<x.count { out.store(exp(x.load(i)), at: i) } }

package func softmaxCrossEntropy(scores: Block, labels: UnsafePointer<Int32>, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
  var sum = 0.0
  for s in 0..<scores.columns {
    guard s < count else {
      if let gradient { for c in 0..<scores.rows { pset(gradient, c, s, 0) } }
      continue
    }
    var best = 0
    for c in 1..<max(scores.rows, 1) where pget(scores, c, s) > pget(scores, best, s) { best = c }
    let top = pget(scores, best, s), label = Int(labels[s])
    var total = 0.0
    for c in 0..<scores.rows { total += exp(pget(scores, c, s) - top) }
    sum += log(total) - (pget(scores, label, s) - top)
    if best == label { correct += 1 }
    if let gradient { for c in 0..<scores.rows { pset(gradient, c, s, scale * (exp(pget(scores, c, s) - top) / total - (c == label ? 1 : 0))) } }
  }
  return sum
}
package func logistic(scores: Block, labels: UnsafePointer<Int32>, count: Int, scale: Double, gradient: Block?, correct: inout Int) -> Double {
  var sum = 0.0
  for s in 0..<scores.columns {
    guard s < count else {
      if let gradient { pset(gradient, 0, s, 0) }
      continue
    }
    let x = pget(scores, 0, s), z = labels[s] == 1 ? x : -x
    sum += max(-z, 0) + log1p(exp(-z.magnitude))
    if (x > 0) == (labels[s] == 1) { correct += 1 }
    if let gradient {
      let e = exp(-x.magnitude), p = x >= 0 ? 1 / (1 + e) : e / (1 + e)
      pset(gradient, 0, s, scale * (p - Double(labels[s])))
    }
  }
  return sum
}
package func leastSquares(outputs: Block, targets: Block, count: Int, scale: Double, gradient: Block?) -> Double {
  var sum = 0.0
  for i in 0..<outputs.rows { for s in 0..<outputs.columns {
    let d = s < count ? pget(outputs, i, s) - pget(targets, i, s) : 0
    sum += 0.5 * d * d
    if let gradient { pset(gradient, i, s, scale * d) }
  } }
  return sum
}
package func softmax(_ scores: Block, into out: Block) {
  for s in 0..<scores.columns {
    var top = -Double.infinity, total = 0.0
    for c in 0..<scores.rows { top = max(top, pget(scores, c, s)) }
    for c in 0..<scores.rows { total += exp(pget(scores, c, s) - top) }
    for c in 0..<scores.rows { pset(out, c, s, exp(pget(scores, c, s) - top) / total) }
  }
}
package func sigmoid(_ scores: Block, into out: Block) {
  for c in 0..<scores.rows { for s in 0..<scores.columns { pset(out, c, s, Plain<Double>.sigma(.sigmoid, pget(scores, c, s)).0) } }
}
package func tileColumns(width: Int, precision: Precision) -> Int {
  let bytes = precision.byteCount * max(width, 1)
  return max(16, min(256, 16384 / bytes / 16 * 16))
}
