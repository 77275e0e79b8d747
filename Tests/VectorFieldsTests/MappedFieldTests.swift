import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// The forwarding to maps that all mapped fields share; VectorFieldTests checks the results.
@Suite struct MappedFieldTests {
  @Test func widthsAreThoseOfTheMap() throws {
    let field = try FieldVariant("two_layer", [("hidden_width", .integer(9))]).example().field
    // The record has slopes and hidden values; the scratch memory has the hidden cotangent and the larger g of the two layers.
    #expect(field.recordWidth == 9 + 9)
    #expect(field.scratchWidth == 9 + 9)
    #expect(field.componentCount == 1 && field.rowsRead(by: 0) == 0..<6 && field.rowsWritten(by: 0) == 0..<6)
    #expect(field.accelerationComponent == 0)
  }

  @Test func partsOfDifferentMapsShareTheLargerRecord() throws {
    let field = try FieldVariant("second_order", [("form", .text("gradient")), ("hidden_width", .integer(9))]).example().field
    #expect(field.recordWidth == 18 && field.scratchWidth == 18)
    #expect(field.rowsWritten(by: 0) == 0..<6 && field.rowsWritten(by: 1) == 6..<12)
  }

  /// Fields of one product have a shortcut for single samples.
  @Test func affineFormsOfFields() throws {
    func forms(_ name: String) throws -> [Double?] {
      let example = try FieldVariant(name).example()
      return (0..<example.field.componentCount).map { example.field.affineForm($0, example.layer(.inference))?.sign }
    }
    #expect(try forms("dense") == [1])
    #expect(try forms("antisymmetric") == [1])
    #expect(try forms("hamiltonian") == [1, -1])
    #expect(try forms("antisymmetric_damped") == [nil])
    #expect(try forms("second_order") == [nil, 1])
    #expect(try forms("gradient_flow") == [nil])
  }
}
