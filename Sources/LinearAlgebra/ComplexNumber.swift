/// A complex number, in Cartesian parts.
package struct ComplexNumber: Equatable, Sendable {
  package var real: Double
  package var imaginary: Double

  package init(_ real: Double, _ imaginary: Double = 0) { (self.real, self.imaginary) = (real, imaginary) }

  /// |z|, without overflow on the way.
  package var magnitude: Double {
    let (larger, smaller) = (max(abs(real), abs(imaginary)), min(abs(real), abs(imaginary)))
    guard larger > 0, larger.isFinite else { return larger }
    let ratio = smaller / larger
    return larger * (1 + ratio * ratio).squareRoot()
  }

  package static func + (a: ComplexNumber, b: ComplexNumber) -> ComplexNumber { ComplexNumber(a.real + b.real, a.imaginary + b.imaginary) }
  package static func - (a: ComplexNumber, b: ComplexNumber) -> ComplexNumber { ComplexNumber(a.real - b.real, a.imaginary - b.imaginary) }
  package static func * (a: ComplexNumber, b: ComplexNumber) -> ComplexNumber {
    ComplexNumber(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }
  package static func * (a: Double, b: ComplexNumber) -> ComplexNumber { ComplexNumber(a * b.real, a * b.imaginary) }

  /// The root with a real part ≥ 0.
  package var squareRoot: ComplexNumber {
    let size = magnitude
    guard size > 0 else { return ComplexNumber(0) }
    let root = (0.5 * (size + abs(real))).squareRoot()
    let other = 0.5 * imaginary / root
    return real >= 0 ? ComplexNumber(root, other) : ComplexNumber(abs(other), imaginary < 0 ? -root : root)
  }
}
