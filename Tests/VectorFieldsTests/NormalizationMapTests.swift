import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// NormalizationTests and BatchStatisticsTests compare the kernels with their formulas. Here three channels of two pixels are normalized with the factors in tensor 2, [4, 3].
@Suite struct NormalizationMapTests {
  private func map(_ kind: NormalizationKind, isAcrossSamples: Bool = false, _ activation: Activation? = nil) throws -> NormalizationMap {
    NormalizationMap(
      try NormalizationGeometry(channels: 3, pixels: 2, kind), NormalizationPlace(tensor: 2, channels: 3, isAcrossSamples: isAcrossSamples, precision: .float64), activation, epsilon: 1e-3)
  }

  private func normalized(_ x: [Double], _ kind: NormalizationKind) -> [Double] {
    guard case .groups(let groups) = kind else {
      return x.indices.map { x[$0] / (stride(from: $0 % 2, to: 6, by: 2).reduce(0) { $0 + x[$1] * x[$1] } + 1e-3).squareRoot() }
    }
    let length = 6 / groups
    return x.indices.map { index in
      let group = x[index / length * length..<(index / length + 1) * length]
      let mean = group.reduce(0, +) / Double(length)
      return (x[index] - mean) / (group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(length) + 1e-3).squareRoot()
    }
  }

  @Test(arguments: [NormalizationKind.groups(3), .groups(1), .pixels], [nil, Activation.tanh]) func withinSamples(_ kind: NormalizationKind, _ activation: Activation?) throws {
    let example = try MapCase()
    let map = try map(kind, activation)
    let factors = example.l.flatMap { $0 }
    let defect = try example.evaluationDefect(map, inputs: 6) { x in
      normalized(x, kind).enumerated().map { plainActivation(activation ?? .identity, factors[$0 / 2] * $1 + factors[3 + $0 / 2]).value }
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 6)
    #expect(defects.difference < 1e-5 && defects.transpose < 1e-13, "\(defects)")
  }

  /// Outside of a meeting the statistics are those stored behind the factors, and derivatives go through them too.
  @Test(arguments: [nil, Activation.tanh]) func byStoredStatistics(_ activation: Activation?) throws {
    let example = try MapCase()
    let factors = example.l.flatMap { $0 }
    for channel in 0..<3 { example.tensors[2][9 + channel] = 0.5 + abs(factors[9 + channel]) }
    let stored = example.tensors[2].values
    let map = try map(.groups(3), isAcrossSamples: true, activation)
    let defect = try example.evaluationDefect(map, inputs: 6) { x in
      x.enumerated().map { index, value in
        let channel = index / 2
        let normal = (value - stored[6 + channel]) / (stored[9 + channel] + 1e-3).squareRoot()
        return plainActivation(activation ?? .identity, stored[channel] * normal + stored[3 + channel]).value
      }
    }
    #expect(defect < 1e-13)
    let defects = try example.derivativeDefects(map, inputs: 6)
    #expect(defects.difference < 1e-6 && defects.transpose < 1e-13, "\(defects)")
  }
}
