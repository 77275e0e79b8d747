import Settings

/// What a training had of the caller's, as a checkpoint says, and a trainer that was loaded from it lacks: no file holds functions.
package struct MissingParts: Sendable, Equatable {
  /// A loss in place of the network's.
  package var loss = false
  /// A metric in place of the option's: whether larger is better. nil: none is missing.
  package var metric: Bool?

  package init() {}

  /// Refuses to go on without them: it would be with something else.
  /// - Throws: `state` naming the call that sets what is missing.
  func require() throws(Failure) {
    if loss {
      throw Failure(
        .state, "this training began with a loss of the caller's, which its checkpoint cannot hold; set it again before it goes on: sode_trainer_set_loss, in Python trainer.loss = …")
    }
    if metric != nil {
      throw Failure(
        .state, "this training chose its iterates by a metric of the caller's, which its checkpoint cannot hold; set it again before it goes on: sode_trainer_set_metric, in Python trainer.set(metric=…)")
    }
  }

  static let named: [NamedNumber<MissingParts>] = [
    NamedNumber("loss", \.loss), NamedNumber("metric", \.hasMetric), NamedNumber("larger_is_better", \.isLargerBetter),
  ]

  // The metric as two numbers of files, of which the first is read first.
  private var hasMetric: Bool {
    get { metric != nil }
    set { metric = newValue ? metric ?? true : nil }
  }
  private var isLargerBetter: Bool {
    get { metric ?? true }
    set { if metric != nil { metric = newValue } }
  }
}
