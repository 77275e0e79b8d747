import Foundation
import Networks
import Testing
import Training

struct NamedNumberTests {
  /// All counters are stored: this test fails for a new counter that is not saved.
  @Test func everyCounterIsSaved() throws {
    func stored(_ value: Any) -> Int {
      Mirror(reflecting: value).children.reduce(0) { count, child in
        switch child.value {
        case let result as BatchResult: count + Mirror(reflecting: result).children.count - 3
        case is TrainingEvent.Kind: count
        default: count + 1
        }
      }
    }
    let data = try ellipses(40, 20)
    let trainer = try trainer(try smallNetwork(), ["epochs": .integer(1)])
    _ = try trainer.run(training: data.training, validation: data.validation)
    let tables = Dictionary(uniqueKeysWithValues: try trainer.record().tables.map { ($0.name, $0.table) })
    // Continuing does not need a batch result's step report, its failure and whether its gradient is finite, nor the kind of an event.
    #expect(tables["state"]?.names.count == stored(trainer.state))
    #expect(tables["history"]?.names.count == stored(trainer.history[0]))
    #expect(Set(tables["state"]?.names ?? []).count == tables["state"]?.names.count)
  }
}
