import Datasets
import Foundation
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing
import Training

/// A small float64 network with a batch.
struct CurvatureCase {
  let network: Network
  let data: Dataset
  let sweep: Sweep
  let pool: WorkerPool
  var plan: NetworkPlan { network.plan }
  var count: Int { data.count }
  var source: BatchSource { BatchSource(features: data.features, normalization: nil) }
  var targets: Targets { data.labels.map { .labels($0) } ?? .values(data.values ?? data.features) }

  init(_ extra: [String: OptionValue], samples: Int = 37, threads: Int = 1) throws {
    network = try smallNetwork(classes: extra["loss"] == .text("logistic") ? 1 : 2, precision: .float64, extra: extra)
    let ellipses = try ellipses(samples, 4).training
    data = extra["loss"] == .text("least_squares") ? try withFeaturesAsTargets(ellipses) : ellipses
    sweep = try Sweep(network.plan, batch: samples, derivative: true, threads: threads)
    pool = try WorkerPool(threads: sweep.threads)
  }

  func gradient(_ parameters: [Double]) throws -> [Double] {
    let (theta, gradient) = (try Numbers(parameters), try Numbers(parameters))
    _ = try sweep.lossGradient(theta.vector, source, targets, count: count, gradient: gradient.vector, pool: pool)
    return gradient.values
  }

  func gaussNewton(_ direction: [Double]) throws -> [Double] {
    let (v, product) = (try Numbers(direction), try Numbers(direction))
    try CurvatureSweep(plan).gaussNewtonProduct(
      v.vector, at: network.snapshot.parameters, source, targets, count: count, sweep, pool, into: product.vector)
    return product.values
  }

  func hessian(_ direction: [Double]) throws -> [Double] {
    let (v, product) = (try Numbers(direction), try Numbers(direction))
    try CurvatureSweep(plan).hessianProduct(v.vector, at: network.snapshot.parameters, into: product.vector) { point, gradient throws(Failure) in
      _ = try sweep.lossGradient(point, source, targets, count: count, gradient: gradient, pool: pool)
    }
    return product.values
  }
}

struct CurvatureSweepTests {
  static let cases: [[String: OptionValue]] = [
    [:], ["loss": .text("logistic")], ["loss": .text("least_squares")], ["field": .text("hamiltonian"), "integrator": .text("verlet"), "opening": .text("dense")],
    ["integrator": .text("rk4")], ["integrator": .text("backward_euler")], ["weights_in_time": .text("piecewise_linear"), "basis_count": .integer(3)],
  ]

  /// The products give the Gauss–Newton matrix JᵀHJ/N, where J's columns are pushforwards of unit vectors and H contains the loss's second derivatives in closed form. The matrix is symmetric and
  /// positive semidefinite.
  @Test(arguments: cases)
  func gaussNewtonIsTheDenseMatrix(extra: [String: OptionValue]) throws {
    let test = try CurvatureCase(extra)
    let (n, outputs) = (test.plan.parameterCount, test.plan.outputs)
    let tangents = try TangentSweep(test.plan)
    let type = ElementType(.float64)
    var jacobian: [[Double]] = []
    let scores = try Numbers([Double](repeating: 0, count: test.count * outputs))
    for i in 0..<n {
      let column = try Numbers([Double](repeating: 0, count: test.count * outputs))
      let unit = try Numbers((0..<n).map { $0 == i ? 1 : 0 })
      try tangents.pushforward(
        test.network.snapshot.parameters, test.source, count: test.count, direction: unit.vector, featureDirection: nil,
        scores: MutableTensorView(scores.vector.base, type: type, rows: test.count, columns: outputs),
        into: MutableTensorView(column.vector.base, type: type, rows: test.count, columns: outputs))
      jacobian.append(column.values)
    }
    // H·j for one sample.
    func curved(_ j: [Double], _ s: [Double]) -> [Double] {
      switch extra["loss"] {
      case .text("least_squares"): return j
      case .text("logistic"):
        let p = 1 / (1 + exponential(-s[0]))
        return [p * (1 - p) * j[0]]
      default:
        let e = s.map(exponential)
        let p = e.map { $0 / e.reduce(0, +) }
        return zip(p, j).map { $0 * ($1 - inner(p, j)) }
      }
    }
    var curvedColumns: [[Double]] = []
    for j in jacobian {
      var column: [Double] = []
      for s in 0..<test.count {
        let rows = s * outputs..<(s + 1) * outputs
        column += curved(Array(j[rows]), Array(scores.values[rows]))
      }
      curvedColumns.append(column)
    }
    var products: [[Double]] = []
    for k in 0..<n { products.append(try test.gaussNewton((0..<n).map { $0 == k ? 1 : 0 })) }
    var worst = 0.0
    var asymmetry = 0.0
    for i in 0..<n {
      for k in 0..<n {
        worst = max(worst, abs(products[k][i] - inner(jacobian[i], curvedColumns[k]) / Double(test.count)))
        asymmetry = max(asymmetry, abs(products[k][i] - products[i][k]))
      }
    }
    #expect(worst < 1e-10 && asymmetry < 1e-12)
    for seed in 1...20 {
      let v = try Numbers(normal: n, seed: UInt64(seed)).values
      #expect(inner(v, try test.gaussNewton(v)) > -1e-12)
    }
  }

  /// The Hessian agrees with differences of the gradient of another order and other steps, and is symmetric. For least squares its readout part is known: the second moment of the states.
  @Test(arguments: cases)
  func hessianIsTheGradientsDerivative(extra: [String: OptionValue]) throws {
    let test = try CurvatureCase(extra)
    let theta = test.network.snapshot.parameters.values
    let (v, w) = (try Numbers(normal: theta.count, seed: 3).values, try Numbers(normal: theta.count, seed: 4).values)
    let product = try test.hessian(v)
    let h = 1e-4
    func shifted(_ k: Double) throws -> [Double] { try test.gradient(zip(theta, v).map { $0 + k * h * $1 }) }
    let (ahead, behind) = ([try shifted(1), try shifted(2)], [try shifted(-1), try shifted(-2)])
    let size: Double = inner(product, product).squareRoot()
    for i in theta.indices {
      let near: Double = ahead[0][i] - behind[0][i]
      let far: Double = ahead[1][i] - behind[1][i]
      let difference: Double = (8 * near - far) / (12 * h)
      #expect(abs(product[i] - difference) < 1e-8 * size)
    }
    let other = try test.hessian(w)
    let bound: Double = 1e-9 * (size + inner(other, other).squareRoot()) * inner(w, w).squareRoot()
    #expect(abs(inner(w, product) - inner(v, other)) < bound)
  }

  /// A direction multiplied by a power of two has the product multiplied by it, bit for bit, also where the direction's square is 0 or infinite.
  @Test(arguments: [-900, -700, -40, 500, 900]) func hessianTakesDirectionsOfAnySize(_ exponent: Int) throws {
    let test = try CurvatureCase([:])
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    let v = try Numbers(normal: test.plan.parameterCount, seed: 3).values
    let product = try test.hessian(v)
    #expect(try test.hessian(v.map { factor * $0 }) == product.map { factor * $0 })
    #expect(try test.hessian(v.map { 0 * $0 }).allSatisfy { $0 == 0 })
  }

  /// For directions in the readout alone, both kinds of curvature agree.
  @Test func bothAgreeInTheReadout() throws {
    let test = try CurvatureCase([:])
    let n = test.plan.parameterCount
    let readout = try #require(test.plan.tensors.first { $0.name == "readout.W" }).range
    let v = try Numbers(normal: n, seed: 5).values.enumerated().map { readout.contains($0.offset) ? $0.element : 0 }
    let (a, b) = (try test.gaussNewton(v), try test.hessian(v))
    for i in readout { #expect(abs(a[i] - b[i]) < 1e-10) }
  }

  /// One thread and two threads give the same bits.
  @Test func bitsDoNotDependOnThreads() throws {
    let v = try Numbers(normal: try CurvatureCase([:]).plan.parameterCount, seed: 6).values
    let one = try CurvatureCase([:], samples: 700, threads: 1)
    let two = try CurvatureCase([:], samples: 700, threads: 2)
    #expect(try one.gaussNewton(v) == two.gaussNewton(v))
    #expect(try one.hessian(v) == two.hessian(v))
  }

  /// A product of no direction clears the result in pieces.
  @Test func vectorsOfManyNumbersAskTheWatch() throws {
    let wide = try smallNetwork(classes: 2, precision: .float32, extra: ["width": .integer(1200)])
    let (zeros, product) = (try TestSupport.Numbers(wide.plan.parameterCount, .float32), try TestSupport.Numbers(wide.plan.parameterCount, .float32))
    let asked = try questions {
      try CurvatureSweep(wide.plan).hessianProduct(zeros.vector, at: wide.snapshot.parameters, into: product.vector) { _, _ throws(Failure) in }
    }
    #expect(asked >= 2 * (wide.plan.parameterCount >> 20) && asked > 2)
  }
}

func exponential(_ x: Double) -> Double { Foundation.exp(x) }
