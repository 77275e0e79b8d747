import LinearAlgebra
import Settings
import Testing
import Training

@Test func everyOptionHasOneDescription() {
  let keys = trainerOptions.map(\.key)
  #expect(Set(keys).count == keys.count)
  for key in ["epochs", "batch_size", "learning_rate", "momentum", "beta1", "weight_decay", "smoothness", "warmup_epochs", "step_factor", "patience"] {
    #expect(keys.contains(key))
  }
}

/// An option that several entries declare is the same everywhere.
@Test func sharedOptionsAgree() throws {
  for option in optimizers.entries.flatMap({ $0.entry.options }) + schedules.entries.flatMap({ $0.entry.options }) {
    let listed = trainerOptions.first { $0.key == option.key }
    #expect(listed?.help == option.help && listed?.standard == option.standard)
  }
}

@Test func defaultsAreReadable() throws {
  let settings = try TrainerOptions(try options([:]))
  #expect(settings.epochs == 10 && settings.batchSize == 128 && settings.shuffle && settings.optimizerName == "adam")
  #expect(settings.regularizers.isEmpty && settings.decoupledDecay == 0)
}

@Test func weightDecayIsATermForAdamAndDecoupledForAdamW() throws {
  let term = try TrainerOptions(try options(["weight_decay": .real(0.1), "smoothness": .real(0.2)]))
  #expect(term.regularizers.count == 2 && term.decoupledDecay == 0)
  let decoupled = try TrainerOptions(try options(["optimizer": .text("adamw"), "weight_decay": .real(0.1), "smoothness": .real(0.2)]))
  #expect(decoupled.regularizers.count == 1 && decoupled.decoupledDecay == 0.1)
}

@Test func anOptionThatWouldBeIgnoredIsRefused() throws {
  let momentum = failure { _ = try TrainerOptions(try options(["momentum": .real(0.9)])) }
  #expect(momentum == Failure(.incompatible, "momentum is set but optimizer is 'adam'; momentum belongs to sgd; the value null unsets it"))
  let beta = failure { _ = try TrainerOptions(try options(["beta1": .real(0.8), "optimizer": .text("sgd")])) }
  #expect(beta == Failure(.incompatible, "beta1 is set but optimizer is 'sgd'; beta1 belongs to adam and adamw; the value null unsets it"))
  let factor = failure { _ = try TrainerOptions(try options(["step_factor": .real(0.5)])) }
  #expect(factor == Failure(.incompatible, "step_factor is set but schedule is 'constant'; step_factor belongs to step and milestones; the value null unsets it"))
}

@Test func misspeltAndOutOfRangeOptionsAreNamed() throws {
  #expect(failure { _ = try options(["learning_rat": .real(1)]) }?.message.contains("did you mean 'learning_rate'") == true)
  #expect(failure { _ = try options(["optimizer": .text("adm")]) }?.status == .unknownName)
  #expect(failure { _ = try options(["batch_size": .integer(0)]) }?.status == .outOfRange)
  #expect(failure { _ = try options(["learning_rate": .real(0)]) }?.status == .outOfRange)
}
