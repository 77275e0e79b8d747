import Settings

/// The weights w_o of the outputs in a loss that adds up over them.
enum OutputWeights {
  static let option = OptionDescription(
    "output_weights", .reals, default: .text(""), unit: "1", "weights of the outputs in the loss, one number >= 0 for each output; an output of weight 0 is not trained; empty: all are 1")

  /// The weights that are set; empty for none.
  /// - Throws: `outOfRange` for a negative one, naming its place; `incompatible` if all are 0.
  static func read(_ options: OptionValues) throws(Failure) -> [Double] {
    let weights = try options.reals(option.key)
    if let place = weights.firstIndex(where: { $0 < 0 }) { throw Failure(.outOfRange, "output_weights: entry \(place) is \(weights[place]); it must be >= 0") }
    guard weights.isEmpty || weights.contains(where: { $0 > 0 }) else { throw Failure(.incompatible, "output_weights are all 0; at least one must be > 0") }
    return weights
  }

  /// Refuses a number of weights that is not the number of outputs.
  static func check(_ weights: [Double], outputs: Int) throws(Failure) {
    guard weights.isEmpty || weights.count == outputs else {
      throw Failure(.incompatible, "output_weights has \(weights.count) numbers; it must have one for each of the \(outputs) outputs, or none")
    }
  }
}
