import LinearAlgebra
import Networks
import Settings

/// A metric that compares predictions of values or counts with their targets, both in the unit of the targets.
protocol ValueMetric: Metric {}

extension ValueMetric {
  var isLargerBetter: Bool { false }
  var kinds: Set<OutputKind> { [.values, .counts] }
}

extension EvaluatedScores {
  /// The mean over the outputs of a figure of each one's residuals; an output whose targets were never observed is left out.
  fileprivate func mean(_ figure: (Residuals) -> Double) throws(Failure) -> Double {
    let predictions = try predictions()
    var (sum, outputs) = (0.0, 0)
    for output in 0..<predictions.rows {
      try Watch.check()
      guard let (numbers, targets, weights) = try observedRow(output, of: predictions) else { continue }
      sum += figure(Residuals(numbers, targets, weights: weights))
      outputs += 1
    }
    return sum / Double(outputs)
  }
}

/// 1 − rest/spread; where there is no spread, 1 if there is no rest, otherwise 0.
private func explained(_ rest: Double, of spread: Double) -> Double { spread > 0 ? 1 - rest / spread : (rest == 0 ? 1 : 0) }

/// R² = 1 − Σ(y−t)²/Σ(t−t̄)², the mean over the outputs. An output whose targets are all equal counts 1 if the predictions equal them exactly, otherwise 0.
///
/// Source: the coefficient of determination, e.g. Draper & Smith 1998, §1.3; the mean over outputs has uniform weights.
struct CoefficientOfDetermination: ValueMetric {
  var isLargerBetter: Bool { true }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.mean { explained($0.squared, of: $0.spread) } }
}

/// 1 − Var(y−t)/Var(t), the mean over the outputs; with constant targets as for R².
struct ExplainedVariance: ValueMetric {
  var isLargerBetter: Bool { true }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.mean { explained($0.errorSpread, of: $0.spread) } }
}

/// The mean of (y − t)² over samples and outputs.
struct MeanSquaredError: ValueMetric {
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.mean { $0.squared / $0.weight } }
}

/// The root of each output's mean of (y − t)², averaged over the outputs.
struct RootMeanSquaredError: ValueMetric {
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.mean { ($0.squared / $0.weight).squareRoot() } }
}

/// The mean of |y − t| over samples and outputs.
struct MeanAbsoluteError: ValueMetric {
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { try evaluated.mean { $0.absolute / $0.weight } }
}

/// The median of |y − t| of each output, averaged over the outputs.
struct MedianAbsoluteError: ValueMetric {
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let predictions = try evaluated.predictions()
    let memory = (try Buffer(count: evaluated.count, precision: .float64), try Buffer(count: evaluated.count, precision: .float64))
    defer { withExtendedLifetime(memory) {} }
    var (sum, outputs) = (0.0, 0)
    for output in 0..<predictions.rows {
      guard let (numbers, targets, weights) = try evaluated.observedRow(output, of: predictions) else { continue }
      sum += try medianAbsoluteError(
        numbers, targets, weights: weights, errors: memory.0.vector(count: numbers.count, precision: .float64), order: memory.1.rowNumbers(count: numbers.count))
      outputs += 1
    }
    return sum / Double(outputs)
  }
}

/// The mean of the Huber loss of y − t over samples and outputs, with the network's δ; 1 if its loss is another.
///
/// Source: Huber 1964, §4.
struct HuberLoss: ValueMetric {
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    try evaluated.mean(of: Huber(delta: (evaluated.plan.stepLoss as? Huber)?.delta ?? 1), at: try evaluated.predictions())
  }
}

/// The mean of the quantile loss of y and t over samples and outputs, with the network's levels; ½, half of the mean absolute error, if its loss is another.
///
/// Source: Koenker & Bassett 1978, eq. 1.1.
struct PinballLoss: ValueMetric {
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    // Each output has its own row of targets here, so that levels are given one for each output.
    let (levels, outputs) = ((evaluated.plan.stepLoss as? Quantile)?.levels ?? [0.5], evaluated.plan.outputs)
    let (predictions, values) = (try evaluated.predictions(), try evaluated.values())
    var sum = 0.0
    for output in 0..<outputs {
      sum += try evaluated.sum(of: Quantile(levels: [levels[output % levels.count]]), at: predictions.rows(output..<output + 1), values: values.rows(output..<output + 1))
    }
    return sum / (try evaluated.valueWeight())
  }
}

/// The mean deviance 2(t log(t/y) − t + y) over samples and outputs, computed from the scores log y.
///
/// Source: McCullagh & Nelder 1989, §2.3.
struct PoissonDeviance: Metric {
  var isLargerBetter: Bool { false }
  var kinds: Set<OutputKind> { [.counts] }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double { 2 * (try evaluated.mean(of: Poisson(), at: evaluated.scores)) }
}
