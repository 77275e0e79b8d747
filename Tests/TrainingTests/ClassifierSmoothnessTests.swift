import LinearAlgebra
import Networks
import Settings
import Testing
import Training

/// Two outputs with weights 1, 2, 4 and 0, 0, 3 on a line of three features. The differences are 1, 2 and 0, 3; the Laplacians are −1, −1, 2 and 0, −3, 3.
@Test func classifierSmoothnessMeasuresDifferencesOfFeatures() throws {
  var values = [Double](repeating: 9, count: 26)
  for (place, value) in zip(18..<24, [1.0, 2, 4, 0, 0, 3]) { values[place] = value }
  let theta = try Numbers(values)
  func energy(_ grid: (rows: Int, columns: Int)?, _ type: GridOperator) -> Double {
    ClassifierSmoothness(strength: 0.5, grid: grid, type).accumulate(theta.vector, layout: testLayout, addingTo: nil)
  }
  #expect(energy(nil, .differences) == 0.25 * (1 + 4 + 9))
  #expect(energy(nil, .laplacian) == 0.25 * (1 + 1 + 4 + 9 + 9))
  // A column is a line too; single points have no neighbors.
  #expect(energy((3, 1), .laplacian) == energy(nil, .laplacian))
  #expect(energy((1, 1), .differences) == 0)
}

@Test func classifierSmoothnessReadsItsGrid() throws {
  func term(_ grid: String) throws -> ClassifierSmoothness {
    try ClassifierSmoothness(strength: 1, options(of: ClassifierSmoothness.self, ["classifier_grid": .text(grid), "classifier_operator": .text("laplacian")]))
  }
  for wrong in ["3", "0,2", "2.5,2", "1,2,3"] { #expect(failure { _ = try term(wrong) }?.message.contains("classifier_grid") == true) }
  // Small networks have width 4: two grids of one row and two columns fit, but none of three features.
  let layout = try ParameterLayout(try smallNetwork().plan)
  try term("1,2").check(layout)
  try term("").check(layout)
  #expect(failure { try term("3,1").check(layout) }?.status == .incompatible)
  #expect(failure { try term("").check(ParameterLayout(layout.regions)) }?.message.contains("readout") == true)
}
