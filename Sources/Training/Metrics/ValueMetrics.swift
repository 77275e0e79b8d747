import LinearAlgebra
import Networks
import Settings

/// R² = 1 − Σ(s−t)²/Σ(t−t̄)², the mean over the outputs. An output whose targets are all equal counts 1 if the scores equal them exactly, otherwise 0.
///
/// Source: the coefficient of determination, e.g. Draper & Smith 1998, §1.3; the mean over outputs has uniform weights.
struct CoefficientOfDetermination: Metric {
  var isLargerBetter: Bool { true }
  var targetKind: TargetKind { .values }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let values = try evaluated.values()
    var sum = 0.0
    for output in 0..<values.rows {
      let off = Residuals(evaluated.row(output, of: evaluated.scores), evaluated.row(output, of: values))
      sum += off.spread > 0 ? 1 - off.squared / off.spread : (off.squared == 0 ? 1 : 0)
    }
    return sum / Double(values.rows)
  }
}

/// The mean of |s − t| over samples and outputs.
struct MeanAbsoluteError: Metric {
  var isLargerBetter: Bool { false }
  var targetKind: TargetKind { .values }
  func value(_ evaluated: EvaluatedScores) throws(Failure) -> Double {
    let values = try evaluated.values()
    var sum = 0.0
    for output in 0..<values.rows { sum += Residuals(evaluated.row(output, of: evaluated.scores), evaluated.row(output, of: values)).absolute }
    return sum / (Double(values.rows) * Double(evaluated.count))
  }
}
