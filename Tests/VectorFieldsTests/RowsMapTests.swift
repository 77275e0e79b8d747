import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct RowsMapTests {
  @Test(arguments: [1, 3, 5]) func takesTheFirstRows(_ rows: Int) throws {
    let example = try MapCase()
    let map = RowsMap(first: rows)
    #expect(try example.evaluationDefect(map, inputs: 5) { Array($0.prefix(rows)) } < 1e-15)
    let defects = try example.derivativeDefects(map, inputs: 5)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }
}
