import KernelInterface

/// A number of a caller's array.
protocol Element {
  func converted<S: KernelScalar>(to _: S.Type) -> S
}
extension Float: Element {
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(self) }
}
extension Double: Element {
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(self) }
}
extension UInt8: Element {
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}
extension Int8: Element {
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}
extension Int32: Element {
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}
extension Int64: Element {
  @inline(__always) func converted<S: KernelScalar>(to _: S.Type) -> S { S(Int(self)) }
}

/// Rows of the array into columns of the tile: (x − shift)·scale; features the array lacks and columns past `count` become 0.
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
  let source = UnsafeRawPointer(c.pointee.tensor)
  let size = MemoryLayout<E>.size
  var sample = 0
  while sample < c.pointee.count {
    let samples = sample &+ 16 < c.pointee.count ? sample &+ 16 : c.pointee.count
    var block = 0
    while block < features {
      let end = block &+ 16 < features ? block &+ 16 : features
      var s = sample
      while s < samples {
        let row = c.pointee.rowNumbers.map { Int($0[c.pointee.start &+ s]) } ?? c.pointee.start &+ s
        let from = source + row &* c.pointee.rowStride &* size
        var f = block
        while f < end {
          var value = from.loadUnaligned(fromByteOffset: f &* c.pointee.columnStride &* size, as: E.self).converted(to: S.self)
          if let shift { value -= shift[f] }
          if let scale { value *= scale[f] }
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

/// Columns of the tile into rows of a Float or Double array.
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
