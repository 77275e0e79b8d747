import Glibc

/// A function φ(s, t) of one score s and its target t, from which a loss adds up over a sample's outputs.
///
/// All are computed in Double, for both precisions, in a form that loses no digits where s and t agree and overflows only where φ itself does.
package enum OutputTerm: Sendable {
  /// ½(s − t)².
  case halfSquare
  /// ½(s − t)² up to |s − t| = δ, which is the parameter, and δ|s − t| − ½δ² beyond.
  case huber
  /// q(t − s) where t > s and (1 − q)(s − t) elsewhere; the level q is the parameter.
  case pinball
  /// eᵖˢ − tps + t log t − t, half the deviance of a Poisson distribution of mean eᵖˢ, with the parameter p; NaN for t < 0.
  case poisson
  /// max(s, 0) − ts + log(1 + e^{−|s|}), the cross-entropy of σ(s) and t; NaN for t outside of [0, 1].
  case logistic
}

/// The loss Σ_o w_o φ(s_o, t_o) of a sample, over its outputs o.
package struct OutputTerms: Sendable {
  package let term: OutputTerm
  /// The parameters of φ, which the outputs take in turn.
  package let parameters: [Double]
  /// How many consecutive outputs share one target.
  package let sharing: Int
  /// w_o ≥ 0, one for each output; empty: all are 1. An output of weight 0 adds nothing, whatever its score and target are.
  package let weights: [Double]

  /// - Parameter sharing: nil: as many outputs as there are parameters share one target.
  package init(_ term: OutputTerm, parameters: [Double] = [1], sharing: Int? = nil, weights: [Double] = []) {
    precondition(!parameters.isEmpty, "terms without a parameter; those that read none have one all the same")
    self.sharing = sharing ?? parameters.count
    self.term = term
    self.parameters = parameters
    self.weights = weights
  }

  /// The weights times a factor for each output.
  package func weights(times factors: [Double]) -> [Double] { weights.isEmpty ? factors : zip(weights, factors).map { $0 * $1 } }

  /// Gives Σ over the first `count` samples of their weight times their loss.
  ///
  /// - Parameters:
  ///   - scores: outputs × samples.
  ///   - targets: in the precision of the scores, a row for each target. One that is NaN is not observed and adds nothing.
  ///   - sampleWeights: float64; nil: all are 1. A sample of weight 0 adds nothing.
  ///   - gradient: gets `scale` times the gradient of the sum by the scores, zeros in padding.
  /// - Accuracy: the sum runs over the outputs in order, and within an output over the samples in order.
  package func sum(scores: Block, targets: Block, count: Int, sampleWeights: Vector? = nil, scale: Double, gradient: Block?) -> Double {
    precondition(sampleWeights.map { $0.precision == .float64 && $0.count >= count } ?? true, "a float64 weight a sample")
    switch scores.precision {
    case .float32: return sum(Float.self, scores, targets, count, sampleWeights, scale, gradient)
    case .float64: return sum(Double.self, scores, targets, count, sampleWeights, scale, gradient)
    }
  }

  /// Multiplies each number of `tangent` by w_o φ''(s_o). φ'' is 1 for `huber`: the least upper bound of its second derivative, with which the quadratic model lies above the loss everywhere. It is 0 for
  /// `pinball`.
  package func applyCurvature(at scores: Block, to tangent: Block) {
    switch scores.precision {
    case .float32: curvature(Float.self, scores, tangent)
    case .float64: curvature(Double.self, scores, tangent)
    }
  }

  private func sum<Number: BinaryFloatingPoint>(
    _: Number.Type, _ scores: Block, _ targets: Block, _ count: Int, _ sampleWeights: Vector?, _ scale: Double, _ gradient: Block?
  ) -> Double {
    let samples = sampleWeights.map { UnsafeRawPointer($0.base).assumingMemoryBound(to: Double.self) }
    var sum = 0.0
    for output in 0..<scores.rows {
      let row = OutputRow<Number>(
        scores: UnsafeRawPointer(scores.base).assumingMemoryBound(to: Number.self) + output * scores.stride,
        targets: UnsafeRawPointer(targets.base).assumingMemoryBound(to: Number.self) + output / sharing * targets.stride,
        gradient: gradient.map { $0.base.assumingMemoryBound(to: Number.self) + output * $0.stride }, columns: scores.columns, count: count,
        sampleWeights: samples, weight: weights.isEmpty ? 1 : weights[output], parameter: parameters[output % parameters.count], scale: scale)
      switch term {
      case .halfSquare: sum += row.sum(HalfSquare.self)
      case .huber: sum += row.sum(HuberTerm.self)
      case .pinball: sum += row.sum(PinballTerm.self)
      case .poisson: sum += row.sum(PoissonTerm.self)
      case .logistic: sum += row.logisticSum()
      }
    }
    return sum
  }

  private func curvature<Number: BinaryFloatingPoint>(_: Number.Type, _ scores: Block, _ tangent: Block) {
    for output in 0..<scores.rows {
      let score = UnsafeRawPointer(scores.base).assumingMemoryBound(to: Number.self) + output * scores.stride
      let direction = tangent.base.assumingMemoryBound(to: Number.self) + output * tangent.stride
      let weight = weights.isEmpty ? 1 : weights[output]
      switch term {
      case .halfSquare, .huber:
        if weight != 1 { for column in 0..<scores.columns { direction[column] = Number(weight * Double(direction[column])) } }
      case .pinball: for column in 0..<scores.columns { direction[column] = 0 }
      case .poisson:
        let p = parameters[output % parameters.count]
        for column in 0..<scores.columns { direction[column] = Number(weight == 0 ? 0 : weight * p * p * exp(p * Double(score[column])) * Double(direction[column])) }
      case .logistic:
        for column in 0..<scores.columns {
          let e = exp(-Double(score[column]).magnitude)
          direction[column] = Number(weight * (e / ((1 + e) * (1 + e))) * Double(direction[column]))
        }
      }
    }
  }
}

/// One output of a tile.
private struct OutputRow<Number: BinaryFloatingPoint> {
  let scores: UnsafePointer<Number>
  let targets: UnsafePointer<Number>
  let gradient: UnsafeMutablePointer<Number>?
  let columns: Int
  let count: Int
  let sampleWeights: UnsafePointer<Double>?
  let weight: Double
  let parameter: Double
  let scale: Double

  @inline(__always) func sum<Term: TermFormula>(_: Term.Type) -> Double {
    var sum = 0.0
    for column in 0..<count {
      let (weight, target) = (weight * (sampleWeights.map { $0[column] } ?? 1), targets[column])
      guard weight > 0, !target.isNaN else {
        if let gradient { gradient[column] = 0 }
        continue
      }
      let (value, slope) = Term.at(Double(scores[column]), Double(target), parameter)
      sum += weight * value
      if let gradient { gradient[column] = Number(scale * weight * slope) }
    }
    clearPadding()
    return sum
  }

  private func clearPadding() {
    if let gradient { for column in count..<columns { gradient[column] = 0 } }
  }

  /// The sum of the logistic term, with exponentials and logarithms by the vector kernels, a few samples at a time.
  func logisticSum() -> Double {
    let activation = Kernels.table(.float64).pointee.activation
    // So few that the memory lies on the stack: at most 1024 bytes.
    let piece = 40
    var sum = 0.0
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * piece) { room in
      guard let score = room.baseAddress else { return }
      let (rest, probability) = (score + piece, score + 2 * piece)
      for start in stride(from: 0, to: count, by: piece) {
        let length = min(piece, count - start)
        for index in 0..<length {
          score[index] = Double(scores[start + index])
          rest[index] = -score[index].magnitude
        }
        activation(Activation.softplus.rawValue, rest, rest, length)
        if gradient != nil { activation(Activation.sigmoid.rawValue, score, probability, length) }
        for index in 0..<length {
          let (column, s) = (start + index, score[index])
          let t = Double(targets[column])
          let weight = t.isNaN ? 0 : weight * (sampleWeights.map { $0[column] } ?? 1)
          let isTarget = t >= 0 && t <= 1
          // Grouped so that a score of any size agrees exactly with a target of 0 or 1.
          if weight > 0 { sum += weight * (isTarget ? (s > 0 ? s * (1 - t) : -s * t) + rest[index] : .nan) }
          if let gradient { gradient[column] = Number(weight > 0 ? scale * weight * (isTarget ? probability[index] - t : .nan) : 0) }
        }
      }
    }
    clearPadding()
    return sum
  }
}

/// φ(s, t) and ∂φ/∂s, with the parameter p.
private protocol TermFormula {
  static func at(_ s: Double, _ t: Double, _ p: Double) -> (value: Double, slope: Double)
}

private enum HalfSquare: TermFormula {
  @inline(__always) static func at(_ s: Double, _ t: Double, _ p: Double) -> (value: Double, slope: Double) { (0.5 * (s - t) * (s - t), s - t) }
}

private enum HuberTerm: TermFormula {
  @inline(__always) static func at(_ s: Double, _ t: Double, _ p: Double) -> (value: Double, slope: Double) {
    let r = s - t
    if r.magnitude <= p { return (0.5 * r * r, r) }
    // NaN comes here, and stays NaN.
    return (p * (r.magnitude - 0.5 * p), r > 0 ? p : -p)
  }
}

private enum PinballTerm: TermFormula {
  @inline(__always) static func at(_ s: Double, _ t: Double, _ p: Double) -> (value: Double, slope: Double) {
    let r = t - s
    // At the kink 0 is a subgradient.
    return r > 0 ? (p * r, -p) : ((p - 1) * r, r < 0 ? 1 - p : 0)
  }
}

private enum PoissonTerm: TermFormula {
  /// With u = ps − log t the value is t(eᵘ − 1 − u), which is not negative and exact near its minimum.
  @inline(__always) static func at(_ s: Double, _ t: Double, _ p: Double) -> (value: Double, slope: Double) {
    if t > 0 {
      let u = p * s - log(t)
      let growth = expm1(u)
      guard growth < .infinity else {
        // A target so small vanishes beside the mean.
        let mean = exp(p * s)
        return (mean - t * (1 + u), p * (mean - t))
      }
      return (t * (growth - u), p * t * growth)
    }
    return t == 0 ? (exp(p * s), p * exp(p * s)) : (.nan, .nan)
  }
}
