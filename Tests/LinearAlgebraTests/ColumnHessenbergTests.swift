import LinearAlgebra
import TestSupport
import Testing

/// The least-squares problems are internal to GMRES, so these tests check that the residual of each Krylov space is the smallest possible.
@Suite struct ColumnHessenbergTests {
  /// After k steps the residual is min ‖b − A x‖ over x in span(b, Ab, …, A^{k−1}b) (Saad & Schultz 1986, eq. 4): compared with normal equations of that basis.
  @Test func everyCycleMinimizesTheResidual() throws {
    // Two matrices of the plane for which the residual for k = 1 can be computed by hand: a rotation and a diagonal scaling.
    let (c, d) = (0.6, 0.8)
    let a = SampleMatrices([[[c, -d], [d, c]], [[2, 0], [0, 4]]])
    // min over α of ‖b − αAb‖²: b = (1, 1); A₁b has ⟨b, A₁b⟩ = 2c and norm² 2, so the residual is √(2 − 4c²/2); A₂b = (2, 4): ⟨⟩ = 6, norm² 20: √(2 − 36/20).
    let expected = [(2 - 2 * c * c).squareRoot(), (2 - 36.0 / 20).squareRoot()].map { $0 / 2.0.squareRoot() }
    for (sample, value) in expected.enumerated() {
      let gmres = ColumnGMRES(size: 2)
      let (x, b) = (try SampleNumbers(2, .float64), try SampleNumbers([1, 1], .float64))
      let (tolerance, residual) = (try SampleNumbers([value * (1 + 1e-12)], .float64), try SampleNumbers(1, .float64))
      let scratch = try SampleNumbers(gmres.scratchRows, .float64)
      let applications = gmres.solve(
        SampleMatrices([a.matrices[sample]]), b.block(rows: 2, columns: 1), relative: tolerance.block(rows: 1, columns: 1), into: x.block(rows: 2, columns: 1),
        residuals: residual.block(rows: 1, columns: 1), scratch: scratch.block(rows: gmres.scratchRows, columns: 1))
      // One step reaches the tolerance, which is the smallest residual that one step can have.
      #expect(applications == 2)
      #expect(abs(residual[0] - value) < 1e-12)
    }
  }
}
