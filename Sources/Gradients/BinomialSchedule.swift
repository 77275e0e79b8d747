/// The optimal reversal of a chain of steps with few checkpoints: how many steps to run before the next state is stored, and how many steps the reversal takes in total.
///
/// With s checkpoints, including the first state, and with each step run at most r times in addition to the run that leaves its record, a chain of
///
///     β(s, r) = C(s + r, s)
///
/// steps can be reversed. A chain of N steps with β(s, r−1) < N ≤ β(s, r) takes at least
///
///     t(N, s) = r·N − β(s + 1, r − 1) = r·N − C(s + r, r − 1)
///
/// steps without a record, and N steps with one. Source: Griewank & Walther 2000, "Algorithm 799: revolve", ACM TOMS 26(1), equations (1) to (4); it proves the optimality, as does Griewank 1992.
package enum BinomialSchedule {
  /// β(s, r); 0 for r < 0.
  package static func reach(_ checkpoints: Int, _ repetitions: Int) -> Int {
    guard repetitions >= 0 else { return 0 }
    // C(s + i, s) = C(s + i − 1, s)·(s + i)/i is an integer for each i.
    return (0..<repetitions).reduce(1) { reach, i in reach * (checkpoints + i + 1) / (i + 1) }
  }

  /// The least r with N ≤ β(s, r). N is between 1 and 2³¹, so that every product fits in 64 bits.
  package static func repetitions(_ steps: Int, _ checkpoints: Int) -> Int {
    var (repetitions, reach) = (0, 1)
    while reach < steps {
      repetitions += 1
      reach = reach * (checkpoints + repetitions) / repetitions
    }
    return repetitions
  }

  /// t(N, s), the number of steps without a record.
  package static func advances(_ steps: Int, checkpoints: Int) -> Int {
    let repetitions = repetitions(steps, checkpoints)
    return repetitions * steps - reach(checkpoints + 1, repetitions - 1)
  }

  /// The number of the N > 1 steps to run before the next checkpoint is set or, with one checkpoint, before the last step. s includes the checkpoint at the start.
  ///
  /// Any split m with β(s, r−2) ≤ m ≤ β(s, r−1) and β(s−1, r−1) ≤ N − m ≤ β(s−1, r) is optimal, because t is linear there; this function gives the least one.
  package static func split(_ steps: Int, _ checkpoints: Int) -> Int {
    let repetitions = repetitions(steps, checkpoints)
    return max(1, reach(checkpoints, repetitions - 2), steps - reach(checkpoints - 1, repetitions))
  }
}
