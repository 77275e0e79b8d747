extension AdaptiveTableau {
  /// DOPRI5: order 5 with an error estimate of order 4 and a continuous extension of order 4.
  ///
  /// Source: Dormand & Prince 1980 (J. Comp. Appl. Math. 6), as in Hairer, Nørsett & Wanner 1993, "Solving ordinary differential equations I", table II.5.2; the extension is Shampine's, as in
  /// the code DOPRI5 there (appendix, CONTD5), written as a cubic Hermite polynomial plus a quartic.
  package static let dopri5 = AdaptiveTableau(
    "dopri5", order: 5,
    rows: [
      [1.0 / 5],
      [3.0 / 40, 9.0 / 40],
      [44.0 / 45, -56.0 / 15, 32.0 / 9],
      [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
      [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
      [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
    ],
    error: [71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40],
    extensionWeights: { theta in
      let b = [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0] as InlineArray<7, Double>
      let d =
        [
          -12_715_105_075.0 / 11_282_082_432, 0, 87_487_479_700.0 / 32_700_410_799, -10_690_763_975.0 / 1_880_347_072, 701_980_252_875.0 / 199_316_789_632,
          -1_453_857_185.0 / 822_651_844, 69_997_945.0 / 29_380_423,
        ] as InlineArray<7, Double>
      let rest = 1 - theta
      let (ends, quartic) = (theta * theta * (3 - 2 * theta), theta * theta * rest * rest)
      var weights = InlineArray<7, Double>(repeating: 0)
      for j in 0..<7 { weights[j] = ends * b[j] + quartic * d[j] }
      weights[0] += theta * rest * rest
      weights[6] -= theta * theta * rest
      return weights
    })
}
