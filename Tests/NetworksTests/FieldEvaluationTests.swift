import Gradients
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import VectorFields

@Suite struct FieldEvaluationTests {
  private static func text(_ field: String, _ precision: Precision, basis: String = "layers") -> String {
    let scheme = ["hamiltonian", "hamiltonian_two_weight", "second_order"].contains(field) ? "verlet" : "euler"
    return #"{"inputs": 4, "outputs": 2, "width": 4, "precision": "\#(precision.name)", "seed": 6, "field": "\#(field)", "integrator": "\#(scheme)", "layers": 6, "horizon": 1.5, "weights_in_time": "\#(basis)"}"#
  }

  private static var equations: [String] {
    fields.names.filter { name in (try? fields(name).make(FieldConfiguration(width: 4))).map { $0.driveWidth == 0 } ?? false }
  }

  /// Batch normalization keeps running averages of layers, which no combination of coefficients has.
  private static func bases(_ field: String, _ names: [String]) -> [String] {
    ["pre_activation", "bottleneck"].contains(field) ? names.filter { ["layers", "shared"].contains($0) } : names
  }

  private struct Run {
    let network: Network
    let rows: Int
    let width: Int
    let times: [Double]
    let states: Numbers

    init(_ json: String, rows: Int) throws {
      network = try TestSupport.network(json)
      self.rows = rows
      width = try network.plan.equation(ofBlock: 0).stateWidth
      let parameters = try Numbers.normal(network.plan.parameterCount, network.plan.precision, seed: 17, deviation: 0.5)
      for each in network.plan.batchNormalizations { for index in each.range.suffix(each.channels) { parameters[index] = abs(parameters[index]) } }
      try network.replaceParameters(with: parameters.vector)
      times = (0..<rows).map { 1.5 * Double($0 * $0 % 19) / 18 }
      states = try Numbers.normal(rows * width, network.plan.precision, seed: 8)
    }

    func view(_ numbers: Numbers, _ range: Range<Int>? = nil) -> TensorView {
      TensorView(numbers.vector.base, type: ElementType(network.plan.precision), rows: rows, columns: width).rows(range ?? 0..<rows)
    }
    func target(_ numbers: Numbers) -> MutableTensorView { MutableTensorView(numbers.vector.base, type: ElementType(network.plan.precision), rows: numbers.count / width, columns: width) }

    func values(_ range: Range<Int>? = nil, states: Numbers? = nil) throws -> [Double] {
      let range = range ?? 0..<rows
      let out = try Numbers(range.count * width, network.plan.precision)
      var request = FieldRequest(states: view(states ?? self.states, range), times: Array(times[range]))
      request.values = target(out)
      try network.field(block: 0, request)
      return out.values
    }
  }

  /// A sample's value has the same bits alone and in a batch of any size.
  @Test(arguments: Self.equations, Precision.allCases) func aSampleGivesTheSameBitsAnywhere(_ field: String, _ precision: Precision) throws {
    for basis in Self.bases(field, ["layers", "shared", "polynomial"]) {
      let run = try Run(Self.text(field, precision, basis: basis), rows: 83)
      let whole = try run.values()
      for range in [0..<1, 5..<6, 0..<20, 40..<83] { #expect(try run.values(range) == Array(whole[range.lowerBound * run.width..<range.upperBound * run.width]), "\(basis) \(range)") }
    }
  }

  /// J·v is the change of f, and Jᵀw and (∂f/∂θ)ᵀw are its transposes, for every field and kind of weights.
  @Test(arguments: Self.equations) func productsAreDerivatives(_ field: String) throws {
    for basis in Self.bases(field, ["layers", "shared", "piecewise_linear", "b_spline"]) {
      let run = try Run(Self.text(field, .float64, basis: basis), rows: 21)
      let (count, parameterCount) = (run.rows * run.width, run.network.plan.parameterCount)
      let (v, w, d) = (try Numbers.normal(count, .float64, seed: 31), try Numbers.normal(count, .float64, seed: 32), try Numbers.normal(parameterCount, .float64, seed: 33))
      var request = FieldRequest(states: run.view(run.states), times: run.times)
      let (product, pullback, gradient) = (try Numbers(count, .float64), try Numbers(count, .float64), try Numbers(parameterCount, .float64))
      fill(gradient.vector, 0)
      (request.products, request.tangents, request.direction) = (run.target(product), run.view(v), d.vector)
      (request.pullbacks, request.cotangents, request.gradient) = (run.target(pullback), run.view(w), gradient.vector)
      try run.network.field(block: 0, request)
      let left = (0..<count).reduce(0.0) { $0 + product[$1] * w[$1] }
      let right = (0..<count).reduce(0.0) { $0 + pullback[$1] * v[$1] } + (0..<parameterCount).reduce(0.0) { $0 + gradient[$1] * d[$1] }
      #expect(abs(left - right) <= 1e-11 * (1 + abs(left)), "\(basis)")
      request.direction = nil
      try run.network.field(block: 0, request)
      let h = 1e-5
      let moved = try [h, -h].map { size in try run.values(states: try Numbers((0..<count).map { run.states[$0] + size * v[$0] }, .float64)) }
      for place in 0..<count { #expect(abs(product[place] - (moved[0][place] - moved[1][place]) / (2 * h)) < 1e-7 * (1 + abs(product[place])), "\(basis)") }
    }
  }

  /// Blocks that are no equation f(t, y), and times outside of the block's, are refused.
  @Test func refusals() throws {
    let driven = try network(#"{"opening": "sequence", "inputs": 4, "outputs": 2, "width": 4, "layers": 4, "field": "antisymmetric_rnn"}"#)
    #expect(refusal { _ = try driven.plan.equation(ofBlock: 0) }?.message.contains("reads a sequence") == true)
    let two = try network(#"{"inputs": 4, "outputs": 2, "field": "dense", "integrator": "revnet"}"#)
    #expect(refusal { _ = try two.plan.equation(ofBlock: 0) }?.message.contains("revnet steps two fields") == true)
    let run = try Run(Self.text("dense", .float64), rows: 3)
    for (times, status) in [([0, 0, 1.6], Status.outOfRange), ([-0.1, 0, 0], .outOfRange), ([0, .nan, 0], .outOfRange), (nil, .invalidArgument)] as [([Double]?, Status)] {
      #expect(refusal { try run.network.field(block: 0, FieldRequest(states: run.view(run.states), times: times)) }?.status == status)
    }
    try run.network.field(block: 0, FieldRequest(states: run.view(run.states), times: [0, 1.5, 1.5.nextUp]))
  }
}
