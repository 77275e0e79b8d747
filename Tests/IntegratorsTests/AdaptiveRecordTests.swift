import Foundation
import Integrators
import LinearAlgebra
import TestSupport
import Testing
import VectorFields

@Suite struct AdaptiveRecordTests {
  /// The recorded steps lead from the first state to the last: their sizes add up to the layer, and each slot contains a state of the solve.
  @Test(arguments: [1, 16, 64]) func holdsEachSamplesAcceptedSteps(_ columns: Int) throws {
    let adaptive = try AdaptiveCase(linear: [[-1, -5], [5, -1]], tolerance: 1e-6, length: 1.5) { $0.recordedSteps = 200 }
    // With 50 samples of different magnitudes, those that need more steps than the others are moved together.
    let states = columns == 1 ? [[1.0, 0]] : (0..<min(columns - 14, 50)).map { [cos(Double($0)), 1e-5 * exp(Double($0) / 3)] }
    let before = try adaptive.tile(states, columns: columns)
    let record = try adaptive.record(columns)
    _ = try adaptive.solve(before, columns: columns, record: record)
    for (sample, state) in states.enumerated() {
      let numbers = record.column(sample, of: columns)
      let count = Int(numbers[0])
      #expect(count > 2 && count <= 200)
      var time = 0.0
      for slot in 0..<count {
        // A rotation with decay: the closed form is eᵗᴬy, up to the tolerance.
        #expect(largestDifference(Array(numbers[2 + 3 * slot..<4 + 3 * slot]), spiral(-1, 5, time, state)) < 1e-4)
        time += numbers[4 + 3 * slot]
      }
      #expect(abs(time - 1.5) < 1e-14)
    }
  }
}
