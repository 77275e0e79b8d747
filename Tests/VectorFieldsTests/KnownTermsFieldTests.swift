import LinearAlgebra
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct KnownTermsFieldTests {
  private static let (width, columns) = (6, 16)
  private static let names = ["dense", "hamiltonian", "gradient_flow"]

  /// A field with known terms, at a random state and time.
  private struct Example {
    let plain: FieldCase
    let field: KnownTermsField
    let rows: Int
    let begins: Numbers

    init(_ name: String) throws {
      plain = try FieldCase(name, FieldConfiguration(width: KnownTermsFieldTests.width, precision: .float64))
      let place = KnownTermsPlace()
      try place.set(SmoothTerms())
      field = KnownTermsField(plain.field, place)
      rows = plain.field.stateWidth
      begins = try plain.numbers(1, KnownTermsFieldTests.columns, seed: 33)
    }

    var layer: Layer {
      var layer = plain.layer()
      layer.driveBase = begins.vector.base
      return layer
    }
    func block(_ rows: Int, _ seed: UInt64) throws -> Block { try plain.numbers(rows, KnownTermsFieldTests.columns, seed: seed).block(rows: rows, columns: KnownTermsFieldTests.columns) }
    func zeros(_ rows: Int) -> Block { Block.zeros(rows, KnownTermsFieldTests.columns, .float64) }
  }

  /// out = base + s·(f + g, 1), with or without a record, into its base too.
  @Test(arguments: names) func evaluatesByItsFormula(_ name: String) throws {
    let example = try Example(name)
    let (n, field) = (example.rows, example.field)
    #expect(field.stateWidth == n + 1 && field.width == Self.width && field.driveWidth == 1 && field.componentCount == 1)
    let (x, base, f, out) = (try example.block(n + 1, 2), try example.block(n + 1, 3), example.zeros(n), example.zeros(n + 1))
    let scratch = example.zeros(field.scratchWidth)
    example.plain.field.evaluateWhole(example.plain.layer(), at: x.rows(0..<n), scale: 1, addingTo: nil, into: f, record: nil, scratch: example.zeros(example.plain.field.scratchWidth))
    field.evaluate(0, example.layer, at: x, scale: 0.7, addingTo: base, into: out, record: nil, scratch: scratch)
    for column in 0..<Self.columns {
      let t = example.begins[column] + x.values[n * Self.columns + column]
      for i in 0..<n {
        let g = SmoothTerms.terms(i, t, x.values[i * Self.columns + column], x.values[(i + 1) % n * Self.columns + column]).value
        let place = i * Self.columns + column
        #expect(abs(out.values[place] - (base.values[place] + 0.7 * (f.values[place] + g))) < 1e-14)
      }
      #expect(abs(out.values[n * Self.columns + column] - base.values[n * Self.columns + column] - 0.7) < 1e-15)
    }
    let expected = out.values
    field.evaluate(0, example.layer, at: x, scale: 0.7, addingTo: base, into: base, record: example.zeros(field.recordWidth), scratch: scratch)
    #expect(base.values == expected)
    field.evaluate(0, example.layer, at: x, scale: 0.7, addingTo: nil, into: out, record: nil, scratch: scratch)
    #expect(Array(out.values.suffix(Self.columns)) == Array(repeating: 0.7, count: Self.columns))
  }

  /// J·(v, δt₀) is the change of the value, and its pullback the transpose; q may be p.
  @Test(arguments: names) func derivativesAreExact(_ name: String) throws {
    let example = try Example(name)
    let (n, field) = (example.rows, example.field)
    let (x, v, w, out) = (try example.block(n + 1, 2), try example.block(n + 1, 3), try example.block(n + 1, 4), example.zeros(n + 1))
    let (record, scratch) = (example.zeros(field.recordWidth), example.zeros(field.scratchWidth))
    let zero = try FieldCase(name, example.plain.configuration, deviation: 0, asDirection: true)
    let (changes, sums) = (try example.plain.numbers(1, Self.columns, seed: 9), try Numbers(Self.columns, .float64))
    var (direction, gradient) = (zero.layer(), try FieldCase(name, example.plain.configuration, deviation: 0).layer())
    (direction.driveBase, gradient.driveBase) = (changes.vector.base, sums.vector.base)
    field.evaluate(0, example.layer, at: x, scale: 1, addingTo: nil, into: out, record: record, scratch: scratch)
    field.pushforward(0, example.layer, direction: direction, at: x, record: record, tangent: v, scale: 0.7, addingTo: nil, into: out, scratch: scratch)
    // A difference of sixth order along (v, δt₀).
    func value(_ distance: Double) throws -> [Double] {
      let moved = example.zeros(n + 1)
      combine(1, x, distance, v, into: moved)
      let times = try Numbers(zip(example.begins.values, changes.values).map { $0 + distance * $1 }, .float64)
      var layer = example.plain.layer()
      layer.driveBase = times.vector.base
      let out = example.zeros(n + 1)
      field.evaluate(0, layer, at: moved, scale: 0.7, addingTo: nil, into: out, record: nil, scratch: example.zeros(field.scratchWidth))
      return withExtendedLifetime(times) { out.values }
    }
    let h = 2e-3
    let values = try [1.0, 2, 3].map { (try value($0 * h), try value(-$0 * h)) }
    for place in 0..<out.values.count {
      let d = values.map { $0.0[place] - $0.1[place] }
      #expect(abs(out.values[place] - (45 * d[0] - 9 * d[1] + d[2]) / (60 * h)) < 1e-10)
    }
    let back = example.zeros(n + 1)
    field.pullback(0, example.layer, at: x, record: record, scale: 0.7, cotangent: w, addingTo: back, gradient: gradient, scratch: scratch)
    let (forward, backward) = (inner(out.values, w.values), inner(v.values, back.values) + inner(changes.values, sums.values))
    #expect(abs(forward - backward) < 1e-13 * norm(out.values) * norm(w.values))
    #expect(norm(sums.values) > 0.1)
    let expected = zip(back.values, w.values).map { $0 + $1 }
    field.pullback(0, example.layer, at: x, record: record, scale: 0.7, cotangent: w, addingTo: w, gradient: nil, scratch: scratch)
    #expect(largestDifference(w.values, expected) < 1e-14)
  }

  /// Nothing is known of g: no statement about f's Jacobian is passed on.
  @Test(arguments: names) func forwardsTheRest(_ name: String) throws {
    let example = try Example(name)
    let (field, plain) = (example.field, example.plain.field)
    #expect(field.shape == plain.shape && field.isDense == plain.isDense && field.parameters.map(\.name) == plain.parameters.map(\.name))
    #expect(field.split == nil && field.frozenDynamics == nil && field.accelerationComponent == nil && field.affineForm(0, Layer()) == nil && !field.isPartitioned)
  }
}
