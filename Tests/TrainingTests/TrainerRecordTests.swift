import Datasets
import LinearAlgebra
import Networks
import Settings
import Testing
import Training

struct TrainerRecordTests {
  /// A trainer that is rebuilt from its record within an epoch, with validation, class weights and early stopping, ends like the uninterrupted one: same bits, history and best iterate.
  @Test func goesOnFromItsRecord() throws {
    let data = try ellipses(200, 60)
    let settings: [String: OptionValue] = ["epochs": .integer(6), "batch_size": .integer(50), "patience": .integer(4), "schedule": .text("cosine"), "weight_decay": .real(1e-3)]
    let weights = try Numbers([1, 3])
    func begin(_ network: Network) throws -> Trainer {
      let begun = try trainer(network, settings)
      try begun.setClassWeights(TensorView(weights.vector.base, type: .float64, rows: 1, columns: 2))
      return begun
    }
    let whole = try smallNetwork()
    let reference = try begin(whole)
    _ = try reference.run(training: data.training, validation: data.validation)

    let first = try begin(try smallNetwork())
    var asked = 0
    _ = try first.run(training: data.training, validation: data.validation, limits: TrainingLimits { asked += 1; return asked == 30 })
    let network = try Network(first.network.plan, ParameterSnapshot(copying: first.network.snapshot.parameters, scaling: DataScaling()))
    let second = try Trainer(network, try first.record())
    #expect(second.history == first.history && second.state.epoch == first.state.epoch)
    _ = try second.run(training: data.training, validation: data.validation)
    #expect(bits(network) == bits(whole))
    #expect(second.history.map(\.validationLoss) == reference.history.map(\.validationLoss) && second.history.map(\.isBest) == reference.history.map(\.isBest))
  }

  @Test func partsThatDoNotGoTogetherAreRefused() throws {
    let data = try ellipses(40, 20)
    let begun = try trainer(try smallNetwork(), ["epochs": .integer(1)])
    _ = try begun.run(training: data.training)
    let record = try begun.record()
    let short = TrainerRecord(options: record.options, tables: record.tables, vectors: Array(record.vectors.dropLast()))
    #expect(failure { _ = try Trainer(begun.network, short) }?.status == .fileFormat)
    for broken in [-1.0, .nan, 0.5, 1e300] {
      let tables = record.tables.map { name, table in
        (name: name, table: name == "state" ? TrainerRecord.Table(names: table.names, rows: [table.rows[0].indices.map { table.names[$0] == "position" ? broken : table.rows[0][$0] }]) : table)
      }
      #expect(failure { _ = try Trainer(begun.network, TrainerRecord(options: record.options, tables: tables, vectors: record.vectors)) }?.status == .fileFormat)
    }
  }
}
