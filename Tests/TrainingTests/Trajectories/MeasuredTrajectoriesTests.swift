import LinearAlgebra
import Settings
import TestSupport
import Testing
import Training

struct MeasuredTrajectoriesTests {
  /// One trajectory of two numbers at the times 0, 1, 3, 4, 4, of which the last is a repetition without an observation.
  private static let features: [Double] = [5, 7, 0, 1, 3, 4, 4]
  private static let states: [Double] = [.nan, .nan, 6, .nan, .nan, .nan, 9, 8, .nan, .nan]

  private func trajectories<Result>(_ states: [Double], _ body: (MeasuredTrajectories) throws -> Result) throws -> Result {
    let (features, states) = (try TestSupport.Numbers(Self.features, .float64), try TestSupport.Numbers(states, .float64))
    func view(_ numbers: TestSupport.Numbers, _ columns: Int) -> TensorView { TensorView(UnsafeRawPointer(numbers.vector.base), type: .float64, rows: 1, columns: columns) }
    return try withExtendedLifetime((features, states)) { try body(try MeasuredTrajectories(features: view(features, 7), states: view(states, 10), width: 2, steps: 5, precision: .float32)) }
  }

  @Test func repetitionsEndATrajectory() throws {
    try trajectories(Self.states) { #expect($0.lastTime(of: 0) == 3) }
    var observed = Self.states
    observed[8] = 1
    try trajectories(observed) { #expect($0.lastTime(of: 0) == 4) }
  }

  /// The first number rises from 6 at time 1 to 9 at time 4; the second from the given 7 at time 0 to 8 at time 4.
  @Test func guessesAreInterpolatedInTime() throws {
    try trajectories(Self.states) {
      #expect($0.guess(0, 0, 0) == 5 && $0.guess(0, 1, 0) == 6 && $0.guess(0, 2, 0) == 8 && $0.guess(0, 3, 0) == 9 && $0.guess(0, 4, 0) == 9)
      #expect($0.guess(0, 2, 1) == 7.75)
    }
    try trajectories([Double](repeating: .nan, count: 10)) { #expect($0.guess(0, 3, 1) == 7) }
  }

  @Test func infiniteObservationsAreNamed() throws {
    var states = Self.states
    states[5] = .infinity
    let failure = #expect(throws: Failure.self) { try trajectories(states) { _ in } }
    #expect(failure?.status == .invalidData && failure?.message.contains("row 0, time 2, feature 1") == true)
    states[5] = 1e39
    let large = #expect(throws: Failure.self) { try trajectories(states) { _ in } }
    #expect(large?.message.contains("too large for float32") == true)
  }
}
