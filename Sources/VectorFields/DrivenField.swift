import LinearAlgebra

/// What a driven field knows about the sequences that drive it.
package struct DriveConfiguration: Equatable, Sendable {
  /// The numbers in one observation.
  package var channels: Int
  /// Whether a row before them says which samples have an observation, because the samples of a batch may have different lengths.
  package var hasPresence: Bool

  package init(channels: Int = 1, hasPresence: Bool = false) {
    self.channels = channels
    self.hasPresence = hasPresence
  }
}

/// A field that reads the outside input u of its layer: f(y, u; θ).
package protocol DrivenField: VectorField {
  /// The meaning of the rows of u: observations or values of a path through them, derivatives of the path, or events.
  var driveForm: PathForm { get }
}

extension Layer {
  /// The outside input of a driven field, `rows` × the samples of `x`.
  @inline(__always) func givenDrive(_ rows: Int, like x: Block) -> Block {
    guard let drive = drive(rows, like: x) else { preconditionFailure("driven layer without a drive") }
    return drive
  }
}
