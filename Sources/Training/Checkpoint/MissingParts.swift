import Settings

/// The caller's functions that training used before a checkpoint was saved, and that a trainer loaded from it lacks, because files hold no functions.
package struct MissingParts: Sendable, Equatable {
  /// Whether a loss that replaced the network's is missing.
  package var loss = false
  /// Whether larger values of the missing metric are better; nil if no metric is missing.
  package var metric: Bool?

  package init() {}

  /// Refuses to go on without the missing functions, since training would go on with other ones.
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

  // The metric is stored as two numbers, of which the first is read first.
  private var hasMetric: Bool {
    get { metric != nil }
    set { metric = newValue ? metric ?? true : nil }
  }
  private var isLargerBetter: Bool {
    get { metric ?? true }
    set { if metric != nil { metric = newValue } }
  }
}
