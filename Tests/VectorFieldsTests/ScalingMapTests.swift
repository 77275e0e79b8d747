import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct ScalingMapTests {
  @Test func scales() throws {
    let example = try MapCase()
    let map = ScalingMap(-2.5, rows: 3)
    #expect(try example.evaluationDefect(map, inputs: 3) { x in x.map { -2.5 * $0 } } < 1e-15)
    let defects = try example.derivativeDefects(map, inputs: 3)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
    #expect(map.recordWidth == 0 && map.scratchWidth == 0)
  }
}
