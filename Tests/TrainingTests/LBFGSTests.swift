import LinearAlgebra
import Settings
import Testing
import Training

struct LBFGSTests {
  /// Each of ten steps has the direction −Hg, where H is the dense BFGS matrix of the stored pairs from its product formula, and satisfies the strong Wolfe conditions with 1e-4 and 0.9.
  @Test(arguments: [1, 3, 20])
  func tenStepsFollowTheDenseFormula(memory: Int) throws {
    let method = try LBFGS(try options(["lbfgs_memory": .integer(Int64(memory))]))
    let objective = AnalyticObjective(count: 6, .float64)
    let iterate = try objective.iterate(of: method)
    var pairs: [(s: [Double], y: [Double])] = []
    for number in 1...10 {
      let x = iterate.parameters.values
      let g = objective.gradient(x)
      iterate.number = number
      try method.step(objective, iterate)
      if iterate.ending != nil { break }
      let next = iterate.parameters.values
      let s = zip(next, x).map(-)
      let direction = zip(inverse(pairs.suffix(memory), count: 6), g).map { row, _ in -zip(row, g).map(*).reduce(0, +) }
      let along = inner(s, direction) / inner(direction, direction)
      #expect(zip(s, direction).allSatisfy { abs($0 - along * $1) < 1e-9 * (1e-6 + inner(s, s).squareRoot()) })
      let slope = inner(g, direction)
      #expect(along > 0 && objective.value(next) <= objective.value(x) + 1e-4 * along * slope + 1e-15)
      #expect(abs(inner(objective.gradient(next), direction)) <= 0.9 * abs(slope) + 1e-15)
      pairs.append((s, zip(objective.gradient(next), g).map(-)))
    }
    #expect(inner(objective.gradient(iterate.parameters.values), objective.gradient(iterate.parameters.values)) < 1e-6)
  }

  /// A step costs one gradient if its first trial is accepted, because the gradient of the last step is known.
  @Test func whatIsKnownIsNotEvaluatedAgain() throws {
    let method = try LBFGS(try options([:]))
    let objective = AnalyticObjective(count: 6, .float64)
    let iterate = try objective.iterate(of: method)
    for number in 1...8 {
      iterate.number = number
      try method.step(objective, iterate)
    }
    #expect(objective.gradients <= 12)
    // If the next step minimizes another function, nothing is known.
    objective.repeats = false
    try method.step(objective, iterate)
    #expect(iterate.known == nil)
  }

  /// (I − ρsyᵀ)H(I − ρysᵀ) + ρssᵀ, applied for all pairs to the initial matrix (sᵀy/yᵀy)I of the last pair (Nocedal & Wright 2006, 7.16 and 7.20).
  private func inverse(_ pairs: ArraySlice<(s: [Double], y: [Double])>, count: Int) -> [[Double]] {
    let start = pairs.last.map { inner($0.s, $0.y) / inner($0.y, $0.y) } ?? 1
    var h = (0..<count).map { i in (0..<count).map { i == $0 ? start : 0 } }
    for (s, y) in pairs {
      let rho = 1 / inner(s, y)
      let v = (0..<count).map { i in (0..<count).map { j in (i == j ? 1 : 0) - rho * y[i] * s[j] } }
      h = (0..<count).map { i in
        (0..<count).map { j in
          var sum = rho * s[i] * s[j]
          for a in 0..<count { for b in 0..<count { sum += v[a][i] * h[a][b] * v[b][j] } }
          return sum
        }
      }
    }
    return h
  }
}

func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map(*).reduce(0, +) }
