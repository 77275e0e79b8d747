import LinearAlgebra
import Settings
import TestSupport
import Testing
import Training

extension MeasuredTrajectories {
  /// The guesses in an array.
  fileprivate func guesses(_ trajectory: Int, _ times: [Int], _ feature: Int) -> [Double] {
    var found: [Double] = []
    forEachGuess(trajectory, times, feature) { place, guess in
      #expect(place == found.count)
      found.append(guess)
    }
    return found
  }
}

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
      #expect($0.guesses(0, [0, 1, 2, 3, 4], 0) == [5, 6, 8, 9, 9] && $0.guesses(0, [0, 3, 4], 0) == [5, 9, 9])
      #expect($0.guesses(0, [0, 2], 1) == [7, 7.75] && $0.guesses(0, [2], 1) == [7.75])
    }
    try trajectories([Double](repeating: .nan, count: 10)) { #expect($0.guesses(0, [0, 3], 1) == [7, 7]) }
  }

  /// One pass over the times: a pass for each start would not end here.
  @Test func guessesOfALongTrajectoryAreOnePass() throws {
    let steps = 300_000
    let (features, states) = (try TestSupport.Numbers(1 + steps, .float64), try TestSupport.Numbers([Double](repeating: .nan, count: steps), .float64))
    for step in 0..<steps { features[1 + step] = Double(step) }
    (features[0], states[steps - 1]) = (0, Double(steps - 1))
    let long = try MeasuredTrajectories(features: features.view(rows: 1, columns: 1 + steps), states: states.view(rows: 1, columns: steps), width: 1, steps: steps, precision: .float64)
    let found = long.guesses(0, Array(0..<steps), 0)
    #expect(found.count == steps && abs(found[steps / 3] - Double(steps / 3)) < 1e-6)
  }

  /// Integers beyond 2⁵³, of which float64 holds every 128th alone, keep their intervals.
  @Test func integersKeepTheirIntervals() throws {
    let (late, states) = ([Int64](arrayLiteral: 5, 7, 0, 1, 3, 4, 4).enumerated().map { $0 < 2 ? $1 : $1 + 1 << 60 }, try TestSupport.Numbers(Self.states, .float64))
    try late.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let own = try MeasuredTrajectories(
        features: TensorView(base, type: .int64, rows: 1, columns: 7, rowStride: 7, columnStride: 1), states: states.view(rows: 1, columns: 10), width: 2, steps: 5, precision: .float32)
      #expect(own.lastTime(of: 0) == 3 && own.guesses(0, [0, 1, 2, 3, 4], 0) == [5, 6, 8, 9, 9])
      #expect((0..<5).map { own.time(0, $0, segmentFrom: 1) } == [-1, 0, 2, 3, 3])
    }
    try trajectories(Self.states) { measured in #expect((0..<5).map { measured.time(0, $0, segmentFrom: 1) } == [0, 1, 3, 4, 4]) }
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
