import LinearAlgebra
import Testing

@Suite struct ComplexNumberTests {
  @Test func magnitudesAndRoots() {
    let z = ComplexNumber(-3, -4)
    #expect(z.magnitude == 5 && ComplexNumber(1e300, 1e300).magnitude.isFinite)
    let root = z.squareRoot
    #expect((root * root - z).magnitude < 1e-15 && root.real >= 0)
    #expect(ComplexNumber(-4).squareRoot == ComplexNumber(0, 2) && ComplexNumber(0).squareRoot == ComplexNumber(0))
  }
}
