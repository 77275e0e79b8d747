import CKernels

/// A number of a caller's array.
protocol Element {
  func converted<S: KernelScalar>(to _: S.Type) -> S
  /// Whether `S` holds every number of this type, so that shifting and scaling may be done in `S`: no digit of the number is lost before.
  static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool
  /// (self − shift)·scale in float64.
  func standardized(_ shift: Double, _ scale: Double) -> Double
}
extension Element {
  @inline(__always) func standardized(_ shift: Double, _ scale: Double) -> Double { (converted(to: Double.self) - shift) * scale }
}
@inline(__always) private func isDouble<S: KernelScalar>(_: S.Type) -> Bool { MemoryLayout<S>.size == 8 }
extension Float: Element {
  @inline(__always) static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool { true }
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(self) }
}
extension Double: Element {
  @inline(__always) static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool { isDouble(S.self) }
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(self) }
}
extension UInt8: Element {
  @inline(__always) static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool { true }
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}
extension Int8: Element {
  @inline(__always) static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool { true }
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}
extension Int32: Element {
  @inline(__always) static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool { isDouble(S.self) }
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}
extension Int64: Element {
  @inline(__always) static func isHeld<S: KernelScalar>(by _: S.Type) -> Bool { false }
  /// Past 2⁵³ float64 does not hold every integer, so the whole part of the shift is subtracted as an integer: times in nanoseconds keep their differences.
  @inline(__always) func standardized(_ shift: Double, _ scale: Double) -> Double {
    guard shift > -0x1p62, shift < 0x1p62 else { return (Double(self) - shift) * scale }
    let whole = Int64(shift)
    let (difference, overflow) = subtractingReportingOverflow(whole)
    return overflow ? (Double(self) - shift) * scale : (Double(difference) - (shift - Double(whole))) * scale
  }
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}

/// Copies rows of the array into columns of the tile, as (x − shift)·scale. This is computed in float64 and rounded once to the tile's precision, or computed in that precision if it holds every number of
/// the array's type. Features that the array lacks and columns past `count` become 0.
@inline(__always) func gather<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: TensorCall.self)
  switch c.pointee.type {
  case 0: gather(F.self, Float.self, c)
  case 1: gather(F.self, Double.self, c)
  case 2: gather(F.self, UInt8.self, c)
  case 3: gather(F.self, Int8.self, c)
  case 4: gather(F.self, Int32.self, c)
  default: gather(F.self, Int64.self, c)
  }
}

/// Features by samples in blocks of 16, so that a cache line of each row is read once and the tile is written along its rows.
@inline(__always) private func gather<F: Family, E: Element>(_: F.Type, _: E.Type, _ c: UnsafeMutablePointer<TensorCall>) {
  typealias S = F.Scalar
  let tile = c.pointee.tile.assumingMemoryBound(to: S.self)
  let stride = c.pointee.tileStride
  let features = c.pointee.columns < c.pointee.tileRows ? c.pointee.columns : c.pointee.tileRows
  let shift = c.pointee.shift?.assumingMemoryBound(to: S.self)
  let scale = c.pointee.scale?.assumingMemoryBound(to: S.self)
  let (wideShift, wideScale) = (c.pointee.wideShift, c.pointee.wideScale)
  let isNarrow = E.isHeld(by: S.self) && (shift != nil || scale != nil)
  let isWide = !isNarrow && (wideShift != nil || wideScale != nil)
  let source = UnsafeRawPointer(c.pointee.tensor)
  let size = MemoryLayout<E>.size
  // The places of a block's features within a row.
  var places = InlineArray<16, Int>(repeating: 0)
  var sample = 0
  while sample < c.pointee.count {
    let samples = sample &+ 16 < c.pointee.count ? sample &+ 16 : c.pointee.count
    var block = 0
    while block < features {
      let end = block &+ 16 < features ? block &+ 16 : features
      findPlaces(c, block, end, size, &places)
      var s = sample
      while s < samples {
        let row = c.pointee.rowNumbers.map { Int($0[c.pointee.start &+ s]) } ?? c.pointee.start &+ s
        let from = source + row &* c.pointee.rowStride &* size
        var f = block
        while f < end {
          let number = from.loadUnaligned(fromByteOffset: places[unchecked: f &- block], as: E.self)
          var value: S
          if isWide {
            value = S(number.standardized(wideShift?[f] ?? 0, wideScale?[f] ?? 1))
          } else {
            value = number.converted(to: S.self)
            if let shift { value -= shift[f] }
            if let scale { value *= scale[f] }
          }
          tile[f &* stride &+ s] = value
          f &+= 1
        }
        s &+= 1
      }
      block = end
    }
    sample = samples
  }
  var f = 0
  while f < c.pointee.tileRows {
    var s = f < features ? c.pointee.count : 0
    while s < c.pointee.tileColumns {
      tile[f &* stride &+ s] = 0
      s &+= 1
    }
    f &+= 1
  }
}

/// The byte offsets of features within a row of the array: at equal distances, or by channel, row and pixel of an image.
@inline(__always) private func findPlaces(_ c: UnsafeMutablePointer<TensorCall>, _ first: Int, _ end: Int, _ size: Int, _ places: inout InlineArray<16, Int>) {
  var f = first
  if c.pointee.width == 0 {
    while f < end {
      places[unchecked: f &- first] = f &* c.pointee.columnStride &* size
      f &+= 1
    }
    return
  }
  while f < end {
    let (row, pixel) = (f / c.pointee.width, f % c.pointee.width)
    let (channel, y) = (row / c.pointee.height, row % c.pointee.height)
    places[unchecked: f &- first] = (channel &* c.pointee.columnStride &+ y &* c.pointee.heightStride &+ pixel &* c.pointee.widthStride) &* size
    f &+= 1
  }
}

/// Columns of the tile into rows of a Float or Double array: x, or scale·x in float64.
@inline(__always) func scatter<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: TensorCall.self)
  let tile = c.pointee.tile.assumingMemoryBound(to: F.Scalar.self)
  var s = 0
  while s < c.pointee.count {
    let row = (c.pointee.start &+ s) &* c.pointee.rowStride
    var f = 0
    while f < c.pointee.columns {
      let value = tile[f &* c.pointee.tileStride &+ s]
      let at = row &+ f &* c.pointee.columnStride
      if let scale = c.pointee.wideScale {
        let scaled = scale[f] * Double(value)
        if c.pointee.type == 0 {
          c.pointee.tensor.storeBytes(of: Float(scaled), toByteOffset: at &* 4, as: Float.self)
        } else {
          c.pointee.tensor.storeBytes(of: scaled, toByteOffset: at &* 8, as: Double.self)
        }
        f &+= 1
        continue
      }
      if c.pointee.type == 0 {
        c.pointee.tensor.storeBytes(of: Float(value), toByteOffset: at &* 4, as: Float.self)
      } else {
        c.pointee.tensor.storeBytes(of: Double(value), toByteOffset: at &* 8, as: Double.self)
      }
      f &+= 1
    }
    s &+= 1
  }
}
