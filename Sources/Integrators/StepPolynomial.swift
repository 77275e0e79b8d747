/// A linear function of the state along one step: with the continuous extension it is a polynomial of degree 4 in θ ∈ [0, 1].
///
///     p(θ) = g + h Σ_j w_j(θ) ġ_j,   w_j(θ) = Σ_{m=1…4} w_jm θᵐ
///
/// Its turning points are found from the zeros of its derivatives, beginning with the linear one. Between two turning points p is monotone, so that no change of its sign is missed.
package struct StepPolynomial {
  /// The coefficients of 1, θ, …, θ⁴.
  private var coefficients = InlineArray<5, Double>(repeating: 0)
  private let degree: Int

  /// - Parameters:
  ///   - start: g at the beginning of the step.
  ///   - slopes: ġ_j, the function of the slope k_j.
  package init(_ tableau: AdaptiveTableau, start: Double, stepSize h: Double, slopes: InlineArray<7, Double>) {
    degree = 4
    coefficients[0] = start
    for j in 0..<7 {
      for power in 1...4 { coefficients[power] += h * slopes[j] * tableau.extensionCoefficient(j, power) }
    }
  }

  private init(derivativeOf p: StepPolynomial) {
    degree = p.degree - 1
    for power in 0...degree { coefficients[power] = Double(power + 1) * p.coefficients[power + 1] }
  }

  package func value(_ theta: Double) -> Double {
    var value = coefficients[4]
    for power in (0..<4).reversed() { value = value * theta + coefficients[power] }
    return value
  }

  /// True if the Bernstein coefficients of p, which enclose its values, prove that p stays on one side of zero. False does not mean that it leaves this side.
  package func staysSurely(_ side: EventFunction.Side) -> Bool {
    for i in 0...4 {
      var bernstein = 0.0
      for power in 0...i { bernstein += Self.bernstein[5 * i + power] * coefficients[power] }
      guard EventFunction.Side(of: bernstein) == side else { return false }
    }
    return true
  }

  /// C(i, m)/C(4, m), row by row.
  private static let bernstein: InlineArray<25, Double> = [
    1, 0, 0, 0, 0,
    1, 1 / 4.0, 0, 0, 0,
    1, 2 / 4.0, 1 / 6.0, 0, 0,
    1, 3 / 4.0, 3 / 6.0, 1 / 4.0, 0,
    1, 1, 1, 1, 1,
  ]

  /// Up to four places in [0, 1], ascending.
  package struct Places {
    package private(set) var count = 0
    private var places = InlineArray<4, Double>(repeating: 0)

    package subscript(index: Int) -> Double { places[index] }
    fileprivate mutating func append(_ place: Double) {
      places[count] = place
      count += 1
    }
  }

  /// Where the derivative changes its sign.
  package func turningPoints() -> Places { StepPolynomial(derivativeOf: self).signChanges() }

  /// Where p changes its sign, 0 counting as positive: one place at most between two turning points.
  private func signChanges() -> Places {
    var changes = Places()
    guard degree > 0 else { return changes }
    let turns = turningPoints()
    var low = 0.0
    for index in 0...turns.count {
      let high = index < turns.count ? turns[index] : 1
      let isNegative = value(low) < 0
      if isNegative != (value(high) < 0) { changes.append(last(in: low...high) { (value($0) < 0) == isNegative }.upperBound) }
      low = high
    }
    return changes
  }

  /// The place between two neighboring turning points at which p leaves a side, as the first number that is found to lie beyond. At the second turning point p must have left it.
  package func leaves(_ side: EventFunction.Side, within piece: ClosedRange<Double>) -> Double {
    last(in: piece) { EventFunction.Side(of: value($0)) == side }.upperBound
  }

  /// Bisection, to 2⁻⁶⁴ of the step.
  private func last(in range: ClosedRange<Double>, _ holds: (Double) -> Bool) -> ClosedRange<Double> {
    var (low, high) = (range.lowerBound, range.upperBound)
    for _ in 0..<64 {
      let middle = 0.5 * (low + high)
      guard middle > low, middle < high else { break }
      if holds(middle) { low = middle } else { high = middle }
    }
    return low...high
  }
}
