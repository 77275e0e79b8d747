import LinearAlgebra
import Settings
import TestSupport
import VectorFields

/// A registered field with values of its own options. The tests of all fields run over these variants.
struct FieldVariant: Sendable, CustomStringConvertible {
  let name: String
  let options: [(key: String, value: OptionValue)]

  init(_ name: String, _ options: [(key: String, value: OptionValue)] = []) {
    self.name = name
    self.options = options
  }

  var description: String { ([name] + options.map { "\($0.key)=\($0.value.shown)" }).joined(separator: " ") }

  /// Every registered field with its defaults and with every combination of `otherValues` of its options, except `expectedRefusal`; driven fields have separate tests.
  static let all: [FieldVariant] = fields.entries.filter { !DrivenFieldTests.names.contains($0.name) }.flatMap { field in
    let combinations = field.entry.options.reduce([[]] as [[(key: String, value: OptionValue)]]) { sets, option in
      sets + sets.filter { isTaken(option.key, FieldVariant(field.name, $0)) }.flatMap { set in otherValues(option).map { set + [(option.key, $0)] } }
    }
    return combinations.map { FieldVariant(field.name, $0) }.filter { $0.expectedRefusal() == nil }
  }

  /// The normalization that the field has: the chosen one, or the default; nil for a field without.
  var normalization: (key: String, name: String)? {
    guard let entry = fields.entries.first(where: { $0.name == name })?.entry else { return nil }
    for key in normalizationChoosers {
      guard let option = entry.options.first(where: { $0.key == key }) else { continue }
      if case .text(let chosen) = value(key) ?? option.standard { return (key, chosen) }
    }
    return nil
  }

  /// Whether a variant takes an option. Options of normalizations belong to one of them; inner normalizations are those of other fields and vary in their groups alone.
  private static func isTaken(_ key: String, _ variant: FieldVariant) -> Bool {
    guard normalizationOptions.contains(where: { $0.key == key }), let (chooser, chosen) = variant.normalization, key != chooser else { return true }
    if chooser == "inner_normalization" { return key == "normalization_groups" && chosen == "group" }
    return key == "normalization_epsilon" || normalizations.entries.contains { entry in entry.name == chosen && entry.entry.options.contains { $0.key == key } }
  }

  private func value(_ key: String) -> OptionValue? { options.last { $0.key == key }?.value }

  /// The only refusals of a combination of options: forms that have no inner normalization, a normalization of single numbers, groups that do not divide the features that are normalized, and hidden values of second_order
  /// in a form without them.
  func expectedRefusal(width: Int = 6) -> Failure? {
    if let (key, chosen) = normalization, chosen != "none" {
      for (option, plain) in [("steps", "row_sums"), ("steps", "tight"), ("form", "plain"), ("coupling", "full")] where key == "inner_normalization" {
        guard let standard = fields.options.first(where: { $0.key == option })?.standard, takes(option), (value(option) ?? standard) == .text(plain) else { continue }
        return Failure(.incompatible, "inner_normalization is \(chosen); with \(option) \(plain) it must be none")
      }
      let features = Int64(width)
      var hidden = name == "hamiltonian_h" ? features / 2 : features
      if case .integer(let given)? = value("hidden_width"), given != 0 { hidden = given }
      for normalized in key == "normalization" ? [features, hidden] : [hidden] {
        var groups: Int64? = chosen == "instance" ? normalized : chosen == "layer" ? 1 : nil
        if chosen == "group", case .integer(let given)? = value("normalization_groups") { groups = given }
        guard let groups else { continue }
        if normalized % groups != 0 { return Failure(.shapeMismatch, "\(groups) groups do not divide the normalization's \(normalized) channels") }
        if normalized == groups {
          return Failure(
            .incompatible,
            "\(key) \(chosen) of \(normalized) channels of 1 pixel would take the mean of each number by itself, and make all of them 0; \(chosen == "layer" ? "" : "layer takes all channels together, ")batch the samples of a batch")
        }
      }
    }
    guard name == "second_order", value("form") != .text("gradient"), case .integer(let hidden)? = value("hidden_width"), hidden != 0 else { return nil }
    return Failure(.incompatible, "hidden_width is \(hidden); field second_order has hidden values in form gradient alone, with form plain it must be 0")
  }

  private func takes(_ option: String) -> Bool { fields.entries.contains { entry in entry.name == name && entry.entry.options.contains { $0.key == option } } }

  /// The values of an option besides its default: every other choice, an integer smaller and one larger than the tests' width, another real number.
  static func otherValues(_ option: OptionDescription) -> [OptionValue] {
    switch (option.kind, option.standard) {
    case (.choice(let names), let standard): names.map { .text($0) }.filter { $0 != standard }
    // Mild normalizations, so that differences are accurate.
    case (.real, _) where option.key == "normalization_epsilon": [.real(0.5)]
    case (.integer, _) where option.key == "normalization_batch": [.integer(16)]
    case (.integer, _): [.integer(2), .integer(9)]
    case (.real, .real(0)): [.real(0.3)]
    case (.real(_, openBelow: true), .real(let standard)): [.real(2 * standard)]
    case (.real, _): [.real(0)]
    default: []
    }
  }

  func configuration(
    width: Int = 6, activation: Activation = .tanh, bias: BiasKind = .vector, precision: Precision = .float64
  ) throws -> FieldConfiguration {
    var configuration = FieldConfiguration(width: width, activation: activation, bias: bias, precision: precision)
    if let (_, chosen) = normalization, chosen != "none" { try configuration.options.set("normalization_epsilon", .real(1)) }
    for (key, value) in options { try configuration.options.set(key, value) }
    return configuration
  }

  /// A layer of the field with random tensors.
  func example(
    width: Int = 6, activation: Activation = .tanh, bias: BiasKind = .vector, precision: Precision = .float64, seed: UInt64 = 3, deviation: Double = 0.5,
    asDirection: Bool = false, at point: FieldCase? = nil
  ) throws -> FieldCase {
    try FieldCase(
      name, try configuration(width: width, activation: activation, bias: bias, precision: precision), seed: seed, deviation: deviation,
      asDirection: asDirection, at: point)
  }

  /// Compares out = base + 0.7·f(x) with `formula`, over widths, bias kinds, precisions, purposes, and one column and many. Returns the largest difference in units of ε.
  ///
  /// - Parameter formula: f of one sample, from the tensors by name.
  func largestDefect(
    _ activation: Activation, component: Int = 0, widths: [Int] = [1, 5, 33], formula: (_ tensors: PlainTensors, _ x: [Double]) -> [Double]
  ) throws -> Double {
    var largest = 0.0
    for width in widths {
      for bias in BiasKind.allCases {
        for precision in Precision.allCases {
          let example = try example(width: width, activation: activation, bias: bias, precision: precision)
          let tensors = PlainTensors(example)
          let (read, written) = (example.field.rowsRead(by: component).count, example.field.rowsWritten(by: component).count)
          for columns in [1, 16, 48] {
            let x = try example.numbers(read, columns, seed: 21)
            let base = try example.numbers(written, columns, seed: 22)
            for purpose in [Purpose.training, .inference] {
              let out = try example.zeros(written, columns)
              example.field.evaluate(
                component, example.layer(purpose), at: x.block(rows: read, columns: columns), scale: 0.7, addingTo: base.block(rows: written, columns: columns),
                into: out.block(rows: written, columns: columns), record: nil)
              for sample in 0..<columns {
                let expected = zip(base.column(sample, of: columns), formula(tensors, x.column(sample, of: columns))).map { $0 + 0.7 * $1 }
                largest = max(largest, largestDifference(out.column(sample, of: columns), expected) / precision.epsilon)
              }
            }
          }
        }
      }
    }
    return largest
  }
}

/// The tensors of a layer as plain numbers.
struct PlainTensors {
  let activation: Activation
  private let matrices: [String: [[Double]]]
  private let vectors: [String: [Double]]

  init(_ example: FieldCase) {
    activation = example.configuration.activation
    var matrices: [String: [[Double]]] = [:]
    var vectors: [String: [Double]] = [:]
    for (shape, tensor) in zip(example.field.parameters, example.tensors) {
      if shape.shape.count == 2 { matrices[shape.name] = tensor.rows(of: shape.shape[1]) } else { vectors[shape.name] = tensor.values }
    }
    self.matrices = matrices
    self.vectors = vectors
  }

  func callAsFunction(_ name: String) -> [[Double]] { matrices[name] ?? [] }

  /// The bias for `count` features, whatever its kind.
  func bias(_ name: String, _ count: Int) -> [Double] {
    guard let values = vectors[name] else { return Array(repeating: 0, count: count) }
    return values.count == count ? values : Array(repeating: values[0], count: count)
  }

  /// σ(Wx + b).
  func layer(_ weights: [[Double]], _ bias: String?, _ x: [Double]) -> [Double] {
    plainLayer(activation, weights, bias.map { self.bias($0, weights.count) } ?? Array(repeating: 0, count: weights.count), x).value
  }

  /// Kᵀσ(Kx + b).
  func gradient(_ weight: String, _ bias: String, _ x: [Double]) -> [Double] { plainProduct(plainTranspose(self(weight)), layer(self(weight), bias, x)) }
}

extension FieldCase {
  /// f of one component for one sample, in this case's precision.
  func value(_ component: Int = 0, at x: [Double]) throws -> [Double] {
    let input = try Numbers(x, configuration.precision)
    let out = try zeros(field.rowsWritten(by: component).count, 1)
    field.evaluate(
      component, layer(), at: input.block(rows: input.count, columns: 1), scale: 1, addingTo: nil, into: out.block(rows: out.count, columns: 1), record: nil)
    return out.values
  }

  /// J·v of one component for one sample.
  func tangent(_ component: Int = 0, at x: [Double], _ v: [Double]) throws -> [Double] {
    func block(_ numbers: Numbers) -> Block { numbers.block(rows: numbers.count, columns: 1) }
    let (input, tangent) = (try Numbers(x, configuration.precision), try Numbers(v, configuration.precision))
    let (value, out) = (try zeros(field.rowsWritten(by: component).count, 1), try zeros(field.rowsWritten(by: component).count, 1))
    let (record, scratch) = (try zeros(field.recordWidth, 1), try zeros(field.scratchWidth, 1))
    field.evaluate(component, layer(), at: block(input), scale: 1, addingTo: nil, into: block(value), record: block(record), scratch: block(scratch))
    field.pushforward(
      component, layer(), direction: nil, at: block(input), record: block(record), tangent: block(tangent), scale: 1, addingTo: nil, into: block(out),
      scratch: block(scratch))
    return out.values
  }

  /// The Jacobian of one component for one sample, as rows.
  func jacobian(_ component: Int = 0, at x: [Double]) throws -> [[Double]] {
    plainTranspose(try x.indices.map { index in try tangent(component, at: x, x.indices.map { $0 == index ? 1 : 0 }) })
  }

  /// One step of Verlet, z₊ = z + h f_z(y) and then y₊ = y + h f_y(z₊), with its Jacobian M applied to `tangents`, the columns of a matrix.
  func verlet(_ state: inout [Double], _ tangents: inout [[Double]], stepSize h: Double) throws {
    for component in [1, 0] {
      let (read, written) = (field.rowsRead(by: component), field.rowsWritten(by: component))
      let x = Array(state[read])
      for index in tangents.indices {
        let change = try tangent(component, at: x, Array(tangents[index][read]))
        for (row, value) in zip(written, change) { tangents[index][row] += h * value }
      }
      for (row, value) in zip(written, try value(component, at: x)) { state[row] += h * value }
    }
  }
}

/// A vector of normally distributed numbers.
func normalVector(_ count: Int, seed: UInt64, deviation: Double = 1) throws -> [Double] {
  try Numbers.normal(count, .float64, seed: seed, deviation: deviation).values
}

func plainIdentity(_ n: Int) -> [[Double]] { (0..<n).map { i in (0..<n).map { $0 == i ? 1 : 0 } } }

/// ‖K‖₂ by power iteration on KᵀK: a lower bound, which after this many rounds is within 1e-12 for matrices of normal numbers.
func plainNorm(_ matrix: [[Double]]) -> Double {
  var v = matrix[0].indices.map { 1 + 0.1 * Double($0) }
  var size = 0.0
  for _ in 0..<5000 {
    v = plainProduct(plainTranspose(matrix), plainProduct(matrix, v))
    size = norm(v)
    v = v.map { $0 / size }
  }
  return size.squareRoot()
}

/// The determinant, by elimination with pivoting.
func plainDeterminant(_ matrix: [[Double]]) -> Double {
  var rows = matrix
  var product = 1.0
  for k in rows.indices {
    let pivot = (k..<rows.count).max { abs(rows[$0][k]) < abs(rows[$1][k]) } ?? k
    if pivot != k {
      rows.swapAt(pivot, k)
      product = -product
    }
    product *= rows[k][k]
    guard rows[k][k] != 0 else { return 0 }
    for i in k + 1..<rows.count {
      let factor = rows[i][k] / rows[k][k]
      for j in k..<rows.count { rows[i][j] -= factor * rows[k][j] }
    }
  }
  return product
}

/// The largest |MᵀΩM − Ω| of a matrix given by its columns, where Ω is the canonical form of the two halves.
func symplecticDefect(_ columns: [[Double]]) -> Double {
  let half = columns.count / 2
  func form(_ x: [Double], _ y: [Double]) -> Double { inner(Array(x[..<half]), Array(y[half...])) - inner(Array(x[half...]), Array(y[..<half])) }
  var defect = 0.0
  for i in columns.indices {
    for j in columns.indices {
      let expected = j == i + half ? 1.0 : i == j + half ? -1.0 : 0.0
      defect = max(defect, abs(form(columns[i], columns[j]) - expected))
    }
  }
  return defect
}
