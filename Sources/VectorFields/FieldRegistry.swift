import Settings

/// A registered field: the block options it takes beyond the common ones, and how it is made.
package struct FieldEntry: Sendable {
  package let options: [OptionDescription]
  /// - Throws: `.incompatible` for a configuration that the field cannot have, with the reason.
  package let make: @Sendable (FieldConfiguration) throws(Failure) -> any VectorField

  init(options: [OptionDescription] = [], _ make: @escaping @Sendable (FieldConfiguration) throws(Failure) -> any VectorField) {
    self.options = options
    self.make = make
  }
}

/// The vector fields by name. Adding one is one file, one line here and one test file.
package let fields = Registry<FieldEntry>("field", [
  ("dense", "σ(Ky+b), the residual network [Haber & Ruthotto 2017, eq. 2.1]; no guarantee", FieldEntry { DenseField($0) }),
  ("antisymmetric", "σ(½(K−Kᵀ−γI)y+b) [Haber & Ruthotto 2017, eq. 4.12]; frozen eigenvalues with real part ≤ 0", FieldEntry(options: [gammaOption]) { (c) throws(Failure) in try AntisymmetricField(c) }),
  ("hamiltonian", "ẏ=σ(Kz+b), ż=−σ(Kᵀy+b) [Haber & Ruthotto 2017, §4.3]; volume preserving under verlet", FieldEntry { HamiltonianField($0) }),
])

/// The options that single fields take, each once.
package let fieldOptions: [OptionDescription] = distinctOptions(fields.entries.map(\.entry.options))

private let gammaOption = OptionDescription(
  "gamma", .real(0...1e6), default: .real(0), unit: "1/time", "damping γ of the antisymmetric field; 0 keeps its eigenvalues imaginary")
