/// Copies an array into another of the same shape, converting the numbers.
///
/// Equal types and integers into wider ones are exact; reals round to nearest. An integer that the target's type cannot hold becomes its nearest bound.
/// - Parameters: source, target: rows × columns, any types and strides; they must not overlap.
/// Cost: one pass; no allocation.
package func copy(_ source: TensorView, into target: MutableTensorView) {
  switch source.type {
  case .float32: copy(source, of: Float.self, into: target)
  case .float64: copy(source, of: Double.self, into: target)
  case .uint8: copy(source, of: UInt8.self, into: target)
  case .int8: copy(source, of: Int8.self, into: target)
  case .int32: copy(source, of: Int32.self, into: target)
  case .int64: copy(source, of: Int64.self, into: target)
  }
}

private func copy<From: TensorElement>(_ source: TensorView, of type: From.Type, into target: MutableTensorView) {
  switch target.type {
  case .float32: copyElements(source, target) { (x: From) -> Float in x.single }
  case .float64: copyElements(source, target) { (x: From) -> Double in x.double }
  case .uint8: copyElements(source, target) { (x: From) -> UInt8 in x.clamped() }
  case .int8: copyElements(source, target) { (x: From) -> Int8 in x.clamped() }
  case .int32: copyElements(source, target) { (x: From) -> Int32 in x.clamped() }
  case .int64: copyElements(source, target) { (x: From) -> Int64 in x.clamped() }
  }
}

@inline(__always)
private func copyElements<From: BitwiseCopyable, To: BitwiseCopyable>(_ source: TensorView, _ target: MutableTensorView, _ convert: (From) -> To) {
  let (fromSize, toSize) = (MemoryLayout<From>.size, MemoryLayout<To>.size)
  for row in 0..<target.rows {
    let from = source.base + row * source.rowStride * fromSize
    let to = target.base + row * target.rowStride * toSize
    for column in 0..<target.columns {
      let number = from.loadUnaligned(fromByteOffset: source.offset(ofColumn: column) * fromSize, as: From.self)
      to.storeBytes(of: convert(number), toByteOffset: column * target.columnStride * toSize, as: To.self)
    }
  }
}

/// A number type of callers' arrays.
private protocol TensorElement: BitwiseCopyable {
  var single: Float { get }
  var double: Double { get }
  func clamped<Integer: FixedWidthInteger>() -> Integer
}

extension TensorElement where Self: BinaryInteger {
  fileprivate var single: Float { Float(self) }
  fileprivate var double: Double { Double(self) }
  fileprivate func clamped<Integer: FixedWidthInteger>() -> Integer { Integer(clamping: self) }
}

extension TensorElement where Self: BinaryFloatingPoint {
  fileprivate var single: Float { Float(self) }
  fileprivate var double: Double { Double(self) }
  fileprivate func clamped<Integer: FixedWidthInteger>() -> Integer {
    let whole = rounded(.toNearestOrEven)
    return Integer(exactly: whole) ?? (isNaN ? 0 : whole < 0 ? Integer.min : Integer.max)
  }
}

extension UInt8: TensorElement {}
extension Int8: TensorElement {}
extension Int32: TensorElement {}
extension Int64: TensorElement {}
extension Float: TensorElement {}
extension Double: TensorElement {}
