import CShims

/// Eight Doubles, of as many registers as the instruction set needs.
typealias EightDoubles = FloatFamily.Sums

/// How numbers of a family become the Doubles in which sums over an image are taken.
protocol Widening {
  associatedtype F: Family
  associatedtype Sums: Lanes where Sums.Scalar == Double
  static func load(_ memory: UnsafePointer<F.Scalar>) -> Sums
  static func store(_ x: Sums, _ memory: UnsafeMutablePointer<F.Scalar>)
}

/// Eight neighbors: columns of a tile, or rows of one sample.
enum Eight<F: Family>: Widening {
  typealias Sums = EightDoubles
  @inline(__always) static func load(_ memory: UnsafePointer<F.Scalar>) -> Sums { F.eight(memory) }
  @inline(__always) static func store(_ x: Sums, _ memory: UnsafeMutablePointer<F.Scalar>) { F.storeEight(x, memory) }
}

/// The columns of a quantum.
enum Sixteen<F: Family>: Widening {
  typealias Sums = Pair<EightDoubles>
  @inline(__always) static func load(_ memory: UnsafePointer<F.Scalar>) -> Sums { Sums(F.eight(memory), F.eight(memory + 8)) }
  @inline(__always) static func store(_ x: Sums, _ memory: UnsafeMutablePointer<F.Scalar>) {
    F.storeEight(x.a, memory)
    F.storeEight(x.b, memory + 8)
  }
}

/// One number.
enum Alone<F: Family>: Widening {
  typealias Sums = DoubleFamily.One
  @inline(__always) static func load(_ memory: UnsafePointer<F.Scalar>) -> Sums { Sums(Double(memory.pointee)) }
  @inline(__always) static func store(_ x: Sums, _ memory: UnsafeMutablePointer<F.Scalar>) { memory.pointee = F.Scalar(x.sum) }
}

extension FloatFamily {
  @inline(__always) static func eight(_ memory: UnsafePointer<Float>) -> EightDoubles { widened(memory) }
  @inline(__always) static func storeEight(_ x: EightDoubles, _ memory: UnsafeMutablePointer<Float>) {
    #if V4
      sode_double8_narrow(x.vector, memory)
    #elseif V3
      sode_double4_narrow(x.a.vector, memory)
      sode_double4_narrow(x.b.vector, memory + 4)
    #else
      sode_double2_narrow(x.a.a.vector, memory)
      sode_double2_narrow(x.a.b.vector, memory + 2)
      sode_double2_narrow(x.b.a.vector, memory + 4)
      sode_double2_narrow(x.b.b.vector, memory + 6)
    #endif
  }
}

extension DoubleFamily {
  @inline(__always) static func eight(_ memory: UnsafePointer<Double>) -> EightDoubles { EightDoubles(loading: memory) }
  @inline(__always) static func storeEight(_ x: EightDoubles, _ memory: UnsafeMutablePointer<Double>) { x.store(memory) }
}
