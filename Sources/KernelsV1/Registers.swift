/// What the standard library's generic SIMD operations do not compile to one instruction, said for each concrete vector.
protocol RegisterOperations {
  associatedtype Vector: SIMD where Vector.Scalar: KernelScalar
  static var count: Int { get }
  static func load(_ memory: UnsafePointer<Vector.Scalar>, _ stride: Int) -> Vector
  /// x < y ? a : b.
  static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector
  static func magnitude(_ v: Vector) -> Vector
  static func exponent(_ z: Vector) -> Vector
  static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector
  static func flippingSign(_ z: Vector, _ x: Vector) -> Vector
  static func sum(_ v: Vector) -> Vector.Scalar
  /// Sums of neighboring lanes, those of x and then those of y: log₂(count) rounds turn `count` vectors into the vector of their sums.
  static func fold(_ x: Vector, _ y: Vector) -> Vector
}

enum Float4: RegisterOperations {
  typealias Vector = SIMD4<Float>
  @inline(__always) static var count: Int { 4 }
  @inline(__always) static func load(_ p: UnsafePointer<Float>, _ s: Int) -> Vector {
    Vector(p[0], p[s], p[2 &* s], p[3 &* s])
  }
  @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { b.replacing(with: a, where: x .< y) }
  @inline(__always) static func magnitude(_ v: Vector) -> Vector { unsafeBitCast(unsafeBitCast(v, to: SIMD4<UInt32>.self) & 0x7fff_ffff, to: Vector.self) }
  @inline(__always) static func exponent(_ z: Vector) -> Vector { unsafeBitCast(unsafeBitCast(z, to: SIMD4<UInt32>.self) &<< 23, to: Vector.self) }
  @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: (unsafeBitCast(z, to: SIMD4<Int32>.self) &<< 31) .< 0) }
  @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector {
    unsafeBitCast(unsafeBitCast(x, to: SIMD4<UInt32>.self) ^ ((unsafeBitCast(z, to: SIMD4<UInt32>.self) & 2) &<< 30), to: Vector.self)
  }
  @inline(__always) static func sum(_ v: Vector) -> Float { (v.x + v.z) + (v.y + v.w) }
  @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { Vector(lowHalf: x.evenHalf + x.oddHalf, highHalf: y.evenHalf + y.oddHalf) }
}

#if V3 || V4
  enum Float8: RegisterOperations {
    typealias Vector = SIMD8<Float>
    @inline(__always) static var count: Int { 8 }
    @inline(__always) static func load(_ p: UnsafePointer<Float>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s], p[4 &* s], p[5 &* s], p[6 &* s], p[7 &* s])
    }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { b.replacing(with: a, where: x .< y) }
    @inline(__always) static func magnitude(_ v: Vector) -> Vector { unsafeBitCast(unsafeBitCast(v, to: SIMD8<UInt32>.self) & 0x7fff_ffff, to: Vector.self) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { unsafeBitCast(unsafeBitCast(z, to: SIMD8<UInt32>.self) &<< 23, to: Vector.self) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: (unsafeBitCast(z, to: SIMD8<Int32>.self) &<< 31) .< 0) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector {
      unsafeBitCast(unsafeBitCast(x, to: SIMD8<UInt32>.self) ^ ((unsafeBitCast(z, to: SIMD8<UInt32>.self) & 2) &<< 30), to: Vector.self)
    }
    @inline(__always) static func sum(_ v: Vector) -> Float { Float4.sum(v.lowHalf + v.highHalf) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { Vector(lowHalf: x.evenHalf + x.oddHalf, highHalf: y.evenHalf + y.oddHalf) }
  }
#endif

#if V4
  enum Float16: RegisterOperations {
    typealias Vector = SIMD16<Float>
    @inline(__always) static var count: Int { 16 }
    @inline(__always) static func load(_ p: UnsafePointer<Float>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s], p[4 &* s], p[5 &* s], p[6 &* s], p[7 &* s], p[8 &* s], p[9 &* s], p[10 &* s], p[11 &* s], p[12 &* s], p[13 &* s], p[14 &* s], p[15 &* s])
    }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { b.replacing(with: a, where: x .< y) }
    @inline(__always) static func magnitude(_ v: Vector) -> Vector { unsafeBitCast(unsafeBitCast(v, to: SIMD16<UInt32>.self) & 0x7fff_ffff, to: Vector.self) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { unsafeBitCast(unsafeBitCast(z, to: SIMD16<UInt32>.self) &<< 23, to: Vector.self) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: (unsafeBitCast(z, to: SIMD16<Int32>.self) &<< 31) .< 0) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector {
      unsafeBitCast(unsafeBitCast(x, to: SIMD16<UInt32>.self) ^ ((unsafeBitCast(z, to: SIMD16<UInt32>.self) & 2) &<< 30), to: Vector.self)
    }
    @inline(__always) static func sum(_ v: Vector) -> Float { Float8.sum(v.lowHalf + v.highHalf) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { Vector(lowHalf: x.evenHalf + x.oddHalf, highHalf: y.evenHalf + y.oddHalf) }
  }
#endif

enum Double2: RegisterOperations {
  typealias Vector = SIMD2<Double>
  @inline(__always) static var count: Int { 2 }
  @inline(__always) static func load(_ p: UnsafePointer<Double>, _ s: Int) -> Vector {
    Vector(p[0], p[s])
  }
  @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { b.replacing(with: a, where: x .< y) }
  @inline(__always) static func magnitude(_ v: Vector) -> Vector { unsafeBitCast(unsafeBitCast(v, to: SIMD2<UInt64>.self) & 0x7fff_ffff_ffff_ffff, to: Vector.self) }
  @inline(__always) static func exponent(_ z: Vector) -> Vector { unsafeBitCast(unsafeBitCast(z, to: SIMD2<UInt64>.self) &<< 52, to: Vector.self) }
  @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: (unsafeBitCast(z, to: SIMD2<Int64>.self) &<< 63) .< 0) }
  @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector {
    unsafeBitCast(unsafeBitCast(x, to: SIMD2<UInt64>.self) ^ ((unsafeBitCast(z, to: SIMD2<UInt64>.self) & 2) &<< 62), to: Vector.self)
  }
  @inline(__always) static func sum(_ v: Vector) -> Double { v.x + v.y }
  @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { Vector(x.x + x.y, y.x + y.y) }
}

#if V3 || V4
  enum Double4: RegisterOperations {
    typealias Vector = SIMD4<Double>
    @inline(__always) static var count: Int { 4 }
    @inline(__always) static func load(_ p: UnsafePointer<Double>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s])
    }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { b.replacing(with: a, where: x .< y) }
    @inline(__always) static func magnitude(_ v: Vector) -> Vector { unsafeBitCast(unsafeBitCast(v, to: SIMD4<UInt64>.self) & 0x7fff_ffff_ffff_ffff, to: Vector.self) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { unsafeBitCast(unsafeBitCast(z, to: SIMD4<UInt64>.self) &<< 52, to: Vector.self) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: (unsafeBitCast(z, to: SIMD4<Int64>.self) &<< 63) .< 0) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector {
      unsafeBitCast(unsafeBitCast(x, to: SIMD4<UInt64>.self) ^ ((unsafeBitCast(z, to: SIMD4<UInt64>.self) & 2) &<< 62), to: Vector.self)
    }
    @inline(__always) static func sum(_ v: Vector) -> Double { (v.x + v.z) + (v.y + v.w) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { Vector(lowHalf: x.evenHalf + x.oddHalf, highHalf: y.evenHalf + y.oddHalf) }
  }
#endif

#if V4
  enum Double8: RegisterOperations {
    typealias Vector = SIMD8<Double>
    @inline(__always) static var count: Int { 8 }
    @inline(__always) static func load(_ p: UnsafePointer<Double>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s], p[4 &* s], p[5 &* s], p[6 &* s], p[7 &* s])
    }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { b.replacing(with: a, where: x .< y) }
    @inline(__always) static func magnitude(_ v: Vector) -> Vector { unsafeBitCast(unsafeBitCast(v, to: SIMD8<UInt64>.self) & 0x7fff_ffff_ffff_ffff, to: Vector.self) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { unsafeBitCast(unsafeBitCast(z, to: SIMD8<UInt64>.self) &<< 52, to: Vector.self) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: (unsafeBitCast(z, to: SIMD8<Int64>.self) &<< 63) .< 0) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector {
      unsafeBitCast(unsafeBitCast(x, to: SIMD8<UInt64>.self) ^ ((unsafeBitCast(z, to: SIMD8<UInt64>.self) & 2) &<< 62), to: Vector.self)
    }
    @inline(__always) static func sum(_ v: Vector) -> Double { Double4.sum(v.lowHalf + v.highHalf) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { Vector(lowHalf: x.evenHalf + x.oddHalf, highHalf: y.evenHalf + y.oddHalf) }
  }
#endif
