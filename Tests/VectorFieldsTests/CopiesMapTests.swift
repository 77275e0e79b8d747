import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct CopiesMapTests {
  @Test(arguments: [1, 2, 4]) func copiesAreOneBehindTheOther(_ copies: Int) throws {
    let example = try MapCase()
    let map = CopiesMap(rows: 3, copies: copies)
    #expect(map.outputs == 3 * copies)
    #expect(try example.evaluationDefect(map, inputs: 3) { x in (0..<copies).flatMap { _ in x } } < 1e-15)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }
}
