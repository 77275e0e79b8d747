import Networks
import TestSupport
import Testing

@Suite struct GradientTasksTests {
  /// Every number of the extended gradient belongs to exactly one task: layers' weights of their own, shared ones, ones mixed from coefficients, an integrator's own tensors, opening and readout.
  @Test(arguments: [
    #"{"inputs": 2, "outputs": 2, "width": 2, "blocks": [{"layers": 70}]}"#,
    #"{"inputs": 3, "outputs": 2, "width": 4, "opening": "dense", "blocks": [{"layers": 3}, {"layers": 40, "weights_in_time": "b_spline", "basis_count": 4, "integrator": "rk4"}, {"layers": 5, "weights_in_time": "shared"}]}"#,
    #"{"inputs": 2, "outputs": 4, "width": 4, "readout": "identity", "blocks": [{"layers": 33, "integrator": "linear_multistep"}, {"layers": 4, "integrator": "revnet"}]}"#,
    #"{"inputs": 200, "outputs": 2, "width": 150, "opening": "dense", "blocks": [{"layers": 2, "field": "hamiltonian", "integrator": "verlet"}]}"#,
  ])
  func tasksCoverTheGradientOnce(text: String) throws {
    let plan = try NetworkPlan(specification(text))
    let tasks = GradientTasks(plan, OperatorChunks(plan))
    var times = Array(repeating: 0, count: plan.extendedCount)
    func note(_ range: Range<Int>) {
      for index in range { times[index] += 1 }
    }
    for task in 0..<tasks.count {
      switch tasks[task] {
      case .numbers(let range):
        #expect((1...GradientTasks.pieceLength).contains(range.count))
        note(range)
      case .sets(let block, let entries): plan.blocks[block].layout.forEachRange(of: entries, note)
      }
    }
    #expect(times.allSatisfy { $0 == 1 })
  }
}
