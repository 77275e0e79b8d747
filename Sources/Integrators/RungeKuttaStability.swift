import LinearAlgebra

extension RungeKutta {
  /// The largest y for which |R| ≤ 1 on the imaginary axis from 0 to iy, R(z) = 1 + Σ_k z^k bᵀA^{k−1}1; 0 where no y is, as for Euler and Heun.
  ///
  /// |R(iy)|² − 1 is a polynomial in y²; its first sign change is bracketed in steps of 0.01 and bisected to the last bits, the lower end being taken. Coefficients that are roundings count as zero.
  package var imaginaryLimit: Double {
    let (even, odd) = evenAndOdd
    // In u = y²: (Σ even_k (−u)^k)² + u(Σ odd_k (−u)^k)² − 1.
    var sums = Array(repeating: 0.0, count: even.count + odd.count + 1)
    func add(_ factors: [Double], shift: Int) {
      for (i, x) in factors.enumerated() {
        for (j, y) in factors.enumerated() { sums[i + j + shift] += ((i + j) % 2 == 0 ? 1 : -1) * x * y }
      }
    }
    add(even, shift: 0)
    add(odd, shift: 1)
    let excesses = sums.dropFirst().map { abs($0) < 1e-13 ? 0 : $0 }
    guard let leading = excesses.first(where: { $0 != 0 }), leading < 0 else { return 0 }
    func excess(_ u: Double) -> Double { excesses.reversed().reduce(0) { $0 * u + $1 } * u }
    var (low, step) = (0.0, 0.01)
    while excess((low + step) * (low + step)) <= 0, low < 1000 { low += step }
    while low + step > low, step > 1e-17 {
      step /= 2
      if excess((low + step) * (low + step)) <= 0 { low += step }
    }
    return low
  }

  /// The radius r = −1/λ_min(B^{−½}(BA + AᵀB − bbᵀ)B^{−½}) of circle contractivity; 0 where a weight is not positive. Source: Dahlquist & Jeltsch 1979; Theory.md §6.4.
  package var circleRadius: Double {
    let (a, b) = coefficients
    let n = b.count
    guard b.allSatisfy({ $0 > 0 }) else { return 0 }
    func isPositive(_ inverse: Double) -> Bool {
      var matrix = SymmetricBand(order: n, width: n)
      for i in 0..<n {
        for j in 0...i { matrix[i, j] = b[i] * a[i * n + j] + b[j] * a[j * n + i] - b[i] * b[j] + (i == j ? inverse * b[i] : 0) }
      }
      var right = Array(repeating: 0.0, count: n)
      return (try? matrix.solve(&right, columns: 1)) != nil
    }
    // The least 1/r for which BA + AᵀB − bbᵀ + B/r is positive semidefinite, from above.
    var (low, high) = (0.0, 1.0)
    while !isPositive(high), high < 1e6 { high *= 2 }
    for _ in 0..<60 {
      let middle = 0.5 * (low + high)
      if isPositive(middle) { high = middle } else { low = middle }
    }
    return 1 / high
  }

  /// R's coefficients of even and odd powers.
  private var evenAndOdd: (even: [Double], odd: [Double]) {
    let (a, b) = coefficients
    let n = b.count
    var (even, odd) = ([1.0], [Double]())
    var power = Array(repeating: 1.0, count: n)
    for k in 1...n {
      let coefficient = zip(b, power).reduce(0) { $0 + $1.0 * $1.1 }
      if k % 2 == 0 { even.append(coefficient) } else { odd.append(coefficient) }
      power = (0..<n).map { i in (0..<i).reduce(0) { $0 + a[i * n + $1] * power[$1] } }
    }
    return (even, odd)
  }
}
