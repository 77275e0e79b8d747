import LinearAlgebra
import Settings
import VectorFields

/// One layer of a registered field with random tensors, prepared for tiles and for single samples.
package final class FieldCase {
  package let field: any VectorField
  package let configuration: FieldConfiguration
  package let tensors: [Numbers]
  private let preparedTraining: Numbers
  private let preparedInference: Numbers
  /// The external input of a driven field, row by row; each row has as many samples as the blocks that it is used with.
  package let drive: Numbers
  /// The most samples for which there is external input.
  package static let driveColumns = 64

  /// The step size that operators are prepared for.
  package static let stepSize = 0.4

  /// - Parameters:
  ///   - deviation: the standard deviation of every tensor; nil for the initial values that the field declares.
  ///   - asDirection: whether the tensors are prepared as a direction in the parameters, without the field's constants.
  ///   - point: the parameters at which the direction is taken; only fields whose operators are not an affine map of the tensors need them.
  package init(_ name: String, _ configuration: FieldConfiguration, seed: UInt64 = 3, deviation: Double? = 0.5, asDirection: Bool = false,
    at point: FieldCase? = nil) throws {
    self.configuration = configuration
    let field = try fields(name).make(configuration)
    self.field = field
    tensors = try field.parameters.enumerated().map { index, shape in
      if deviation == nil, case .values(let values) = shape.initial, values.count == shape.count { return try Numbers(values, configuration.precision) }
      let numbers = try Numbers.normal(shape.count, configuration.precision, seed: seed + UInt64(index), deviation: deviation ?? shape.deviation)
      // Variances, the last of four rows, are positive.
      if case .normalization(_?) = shape.role, !asDirection, deviation != 0 { for index in 3 * shape.count / 4..<shape.count { numbers[index] = 0.5 + abs(numbers[index]) } }
      return numbers
    }
    preparedTraining = try Numbers(max(field.preparedCount(for: .training), 1), configuration.precision)
    preparedInference = try Numbers(max(field.preparedCount(for: .inference), 1), configuration.precision)
    drive = try Numbers.normal(field.driveWidth * Self.driveColumns, configuration.precision, seed: seed + 90)
    for purpose in [Purpose.training, .inference] {
      if !asDirection {
        field.prepare(layer(purpose), stepSize: Self.stepSize, for: purpose)
      } else if let point {
        field.prepareDirection(layer(purpose), at: point.layer(purpose), stepSize: Self.stepSize)
      } else {
        field.prepare(layer(purpose), for: purpose, asDirection: true)
      }
    }
  }

  package func layer(_ purpose: Purpose = .training) -> Layer {
    var layer = Layer()
    for (index, tensor) in tensors.enumerated() { layer.tensors[index] = tensor.vector.base }
    if field.preparedCount(for: purpose) > 0 { layer.prepared = (purpose == .training ? preparedTraining : preparedInference).vector.base }
    if field.driveWidth > 0 { layer.driveBase = drive.vector.base }
    return layer
  }

  /// K as rows.
  package var weights: [[Double]] { tensors[0].rows(of: configuration.width) }
  /// b as one number per feature, whatever its kind.
  package var bias: [Double] {
    switch configuration.bias {
    case .none: Array(repeating: 0, count: configuration.width)
    case .scalar: Array(repeating: tensors[1][0], count: configuration.width)
    case .vector: tensors[1].values
    }
  }

  package func numbers(_ rows: Int, _ columns: Int, seed: UInt64) throws -> Numbers {
    try Numbers.normal(rows * columns, configuration.precision, seed: seed)
  }
  package func zeros(_ rows: Int, _ columns: Int) throws -> Numbers { try Numbers(rows * columns, configuration.precision) }

  /// Compares out = base + 0.7·f(x) and its slopes with `formula`, which returns f and σ' of one sample. Returns the largest difference in units of the precision's ε.
  package func evaluationDefect(
    component: Int, columns: Int, purpose: Purpose,
    formula: (_ weights: [[Double]], _ bias: [Double], _ x: [Double]) -> (value: [Double], slope: [Double])
  ) throws -> Double {
    let width = configuration.width
    let x = try numbers(width, columns, seed: 21)
    let base = try numbers(width, columns, seed: 22)
    let out = try zeros(width, columns)
    let record = try zeros(width, columns)
    let before = x.bits + base.bits
    field.evaluate(
      component, layer(purpose), at: x.block(rows: width, columns: columns), scale: 0.7, addingTo: base.block(rows: width, columns: columns),
      into: out.block(rows: width, columns: columns), record: record.block(rows: width, columns: columns))
    guard x.bits + base.bits == before else { return .infinity }
    var defect = 0.0
    for sample in 0..<columns {
      let expected = formula(weights, bias, x.column(sample, of: columns))
      let value = zip(base.column(sample, of: columns), expected.value).map { $0 + 0.7 * $1 }
      defect = max(defect, largestDifference(out.column(sample, of: columns), value))
      defect = max(defect, largestDifference(record.column(sample, of: columns), expected.slope))
    }
    return defect / configuration.precision.epsilon
  }

  /// Every configuration with this activation for comparisons with a field's formula: odd widths, each bias, both precisions.
  package static func configurations(_ activation: Activation, gamma: Double = 0) -> [FieldConfiguration] {
    var all: [FieldConfiguration] = []
    for width in [1, 5, 33] {
      for bias in BiasKind.allCases {
        for precision in Precision.allCases {
          all.append(FieldConfiguration(width: width, activation: activation, bias: bias, gamma: gamma, precision: precision))
        }
      }
    }
    return all
  }

  /// The largest `evaluationDefect` over these configurations, for one column and many, and for both purposes.
  package static func largestDefect(
    _ name: String, _ activation: Activation, gamma: Double = 0, component: Int = 0,
    formula: (_ weights: [[Double]], _ bias: [Double], _ x: [Double]) -> (value: [Double], slope: [Double])
  ) throws -> Double {
    var largest = 0.0
    for configuration in configurations(activation, gamma: gamma) {
      let example = try FieldCase(name, configuration)
      for columns in [1, 16, 48] {
        for purpose in [Purpose.training, .inference] {
          largest = max(largest, try example.evaluationDefect(component: component, columns: columns, purpose: purpose, formula: formula))
        }
      }
    }
    return largest
  }
}
