/// Numbers side by side on which one instruction, or a few, work. The generic bodies of the kernels are written over this protocol.
///
/// Every operation acts on each lane alone and rounds as IEEE 754 says, so a number's result does not depend on the width that computed it.
protocol Lanes {
  associatedtype Scalar: KernelScalar
  associatedtype Numbers: ElementaryNumbers where Numbers.Scalar == Scalar
  static var count: Int { get }
  init(_ value: Scalar)
  init(loading memory: UnsafePointer<Scalar>)
  /// Loads numbers `stride` apart.
  init(loading memory: UnsafePointer<Scalar>, stride: Int)
  func store(_ memory: UnsafeMutablePointer<Scalar>)
  static func + (_ x: Self, _ y: Self) -> Self
  static func - (_ x: Self, _ y: Self) -> Self
  static func * (_ x: Self, _ y: Self) -> Self
  static func / (_ x: Self, _ y: Self) -> Self
  /// x·y + z: one rounding where the instruction set has it, two on the baseline.
  static func fma(_ x: Self, _ y: Self, _ z: Self) -> Self
  /// x < y ? x : y, which is y when one is NaN.
  static func smaller(_ x: Self, _ y: Self) -> Self
  /// x > y ? x : y, which is y when one is NaN.
  static func larger(_ x: Self, _ y: Self) -> Self
  /// x < y ? a : b.
  static func choose(_ a: Self, _ b: Self, whereLess x: Self, than y: Self) -> Self
  var negated: Self { get }
  var magnitude: Self { get }
  /// |self| with the sign of x.
  func withSign(of x: Self) -> Self
  var squareRoot: Self { get }
  /// 2ⁿ, from n + `roundingMagic` + exponent bias.
  var exponent: Self { get }
  /// a where the integer in the low bits is odd, else b.
  func whereOdd(_ a: Self, _ b: Self) -> Self
  /// x, its sign flipped where bit 1 of the integer in the low bits is set.
  func flippingSign(_ x: Self) -> Self
  /// 1 ≤ m < 2 and n of x = m·2ⁿ, for positive normal numbers.
  var significand: Self { get }
  var power: Self { get }
  /// Loads whole numbers of at most 24 bits; at least four must be readable.
  init(converting words: UnsafePointer<Int32>)
  /// Each lane through a scalar function.
  func map(_ function: (Scalar) -> Scalar) -> Self
  /// The sum of the lanes, in a fixed order.
  var sum: Scalar { get }
}

/// One vector register's worth: the lanes of a standard SIMD vector.
struct Register<Operations: RegisterOperations>: Lanes {
  typealias Scalar = Operations.Vector.Scalar
  typealias Numbers = Operations.Numbers
  var vector: Operations.Vector
  @inline(__always) init(vector: Operations.Vector) { self.vector = vector }
  @inline(__always) static var count: Int { Operations.count }
  @inline(__always) init(_ value: Scalar) { vector = Operations.splat(value) }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>) { vector = Operations.load(memory) }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>, stride: Int) { vector = Operations.load(memory, stride) }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Scalar>) { Operations.store(vector, memory) }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(vector: Operations.add(x.vector, y.vector)) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(vector: Operations.subtract(x.vector, y.vector)) }
  @inline(__always) static func * (_ x: Self, _ y: Self) -> Self { Self(vector: Operations.multiply(x.vector, y.vector)) }
  @inline(__always) static func / (_ x: Self, _ y: Self) -> Self { Self(vector: Operations.divide(x.vector, y.vector)) }
  @inline(__always) static func fma(_ x: Self, _ y: Self, _ z: Self) -> Self { Self(vector: Operations.fma(x.vector, y.vector, z.vector)) }
  @inline(__always) static func smaller(_ x: Self, _ y: Self) -> Self { Self(vector: Operations.choose(x.vector, y.vector, x.vector, y.vector)) }
  @inline(__always) static func larger(_ x: Self, _ y: Self) -> Self { Self(vector: Operations.choose(x.vector, y.vector, y.vector, x.vector)) }
  @inline(__always) static func choose(_ a: Self, _ b: Self, whereLess x: Self, than y: Self) -> Self {
    Self(vector: Operations.choose(a.vector, b.vector, x.vector, y.vector))
  }
  @inline(__always) var negated: Self { Self(vector: Operations.negate(vector)) }
  @inline(__always) var magnitude: Self { Self(vector: Operations.magnitude(vector)) }
  @inline(__always) func withSign(of x: Self) -> Self { Self(vector: Operations.withSign(vector, of: x.vector)) }
  @inline(__always) var squareRoot: Self { Self(vector: Operations.squareRoot(vector)) }
  @inline(__always) var exponent: Self { Self(vector: Operations.exponent(vector)) }
  @inline(__always) func whereOdd(_ a: Self, _ b: Self) -> Self { Self(vector: Operations.whereOdd(vector, a.vector, b.vector)) }
  @inline(__always) func flippingSign(_ x: Self) -> Self { Self(vector: Operations.flippingSign(vector, x.vector)) }
  @inline(__always) var significand: Self { Self(vector: Operations.significand(vector)) }
  @inline(__always) var power: Self { Self(vector: Operations.power(vector)) }
  @inline(__always) init(converting words: UnsafePointer<Int32>) { vector = Operations.convert(words) }
  @inline(__always) func map(_ function: (Scalar) -> Scalar) -> Self {
    var result = self
    var i = 0
    while i < Self.count {
      result.vector[i] = function(vector[i])
      i &+= 1
    }
    return result
  }
  @inline(__always) var sum: Scalar { Operations.sum(vector) }
}

/// Two groups of lanes, the second after the first: independent work that hides the latency of each other's instructions.
struct Pair<Half: Lanes>: Lanes {
  typealias Scalar = Half.Scalar
  typealias Numbers = Half.Numbers
  var a: Half
  var b: Half
  @inline(__always) init(_ a: Half, _ b: Half) {
    self.a = a
    self.b = b
  }
  @inline(__always) static var count: Int { 2 &* Half.count }
  @inline(__always) init(_ value: Scalar) { self.init(Half(value), Half(value)) }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>) { self.init(Half(loading: memory), Half(loading: memory + Half.count)) }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>, stride: Int) {
    self.init(Half(loading: memory, stride: stride), Half(loading: memory + Half.count &* stride, stride: stride))
  }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Scalar>) {
    a.store(memory)
    b.store(memory + Half.count)
  }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(x.a + y.a, x.b + y.b) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(x.a - y.a, x.b - y.b) }
  @inline(__always) static func * (_ x: Self, _ y: Self) -> Self { Self(x.a * y.a, x.b * y.b) }
  @inline(__always) static func / (_ x: Self, _ y: Self) -> Self { Self(x.a / y.a, x.b / y.b) }
  @inline(__always) static func fma(_ x: Self, _ y: Self, _ z: Self) -> Self { Self(Half.fma(x.a, y.a, z.a), Half.fma(x.b, y.b, z.b)) }
  @inline(__always) static func smaller(_ x: Self, _ y: Self) -> Self { Self(Half.smaller(x.a, y.a), Half.smaller(x.b, y.b)) }
  @inline(__always) static func larger(_ x: Self, _ y: Self) -> Self { Self(Half.larger(x.a, y.a), Half.larger(x.b, y.b)) }
  @inline(__always) static func choose(_ a: Self, _ b: Self, whereLess x: Self, than y: Self) -> Self {
    Self(Half.choose(a.a, b.a, whereLess: x.a, than: y.a), Half.choose(a.b, b.b, whereLess: x.b, than: y.b))
  }
  @inline(__always) var negated: Self { Self(a.negated, b.negated) }
  @inline(__always) var magnitude: Self { Self(a.magnitude, b.magnitude) }
  @inline(__always) func withSign(of x: Self) -> Self { Self(a.withSign(of: x.a), b.withSign(of: x.b)) }
  @inline(__always) var squareRoot: Self { Self(a.squareRoot, b.squareRoot) }
  @inline(__always) var exponent: Self { Self(a.exponent, b.exponent) }
  @inline(__always) func whereOdd(_ x: Self, _ y: Self) -> Self { Self(a.whereOdd(x.a, y.a), b.whereOdd(x.b, y.b)) }
  @inline(__always) func flippingSign(_ x: Self) -> Self { Self(a.flippingSign(x.a), b.flippingSign(x.b)) }
  @inline(__always) var significand: Self { Self(a.significand, b.significand) }
  @inline(__always) var power: Self { Self(a.power, b.power) }
  @inline(__always) init(converting words: UnsafePointer<Int32>) { self.init(Half(converting: words), Half(converting: words + Half.count)) }
  @inline(__always) func map(_ function: (Scalar) -> Scalar) -> Self { Self(a.map(function), b.map(function)) }
  @inline(__always) var sum: Scalar { (a + b).sum }
}

/// One number: a register of which only lane 0 is used, for the remainder at the end of a row.
struct Single<Whole: Lanes>: Lanes {
  typealias Scalar = Whole.Scalar
  typealias Numbers = Whole.Numbers
  var whole: Whole
  @inline(__always) init(whole: Whole) { self.whole = whole }
  @inline(__always) static var count: Int { 1 }
  @inline(__always) init(_ value: Scalar) { whole = Whole(value) }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>) { whole = Whole(memory.pointee) }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>, stride: Int) { whole = Whole(memory.pointee) }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Scalar>) {
    withUnsafePointer(to: whole) { memory.pointee = UnsafeRawPointer($0).loadUnaligned(as: Scalar.self) }
  }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(whole: x.whole + y.whole) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(whole: x.whole - y.whole) }
  @inline(__always) static func * (_ x: Self, _ y: Self) -> Self { Self(whole: x.whole * y.whole) }
  @inline(__always) static func / (_ x: Self, _ y: Self) -> Self { Self(whole: x.whole / y.whole) }
  @inline(__always) static func fma(_ x: Self, _ y: Self, _ z: Self) -> Self { Self(whole: Whole.fma(x.whole, y.whole, z.whole)) }
  @inline(__always) static func smaller(_ x: Self, _ y: Self) -> Self { Self(whole: Whole.smaller(x.whole, y.whole)) }
  @inline(__always) static func larger(_ x: Self, _ y: Self) -> Self { Self(whole: Whole.larger(x.whole, y.whole)) }
  @inline(__always) static func choose(_ a: Self, _ b: Self, whereLess x: Self, than y: Self) -> Self {
    Self(whole: Whole.choose(a.whole, b.whole, whereLess: x.whole, than: y.whole))
  }
  @inline(__always) var negated: Self { Self(whole: whole.negated) }
  @inline(__always) var magnitude: Self { Self(whole: whole.magnitude) }
  @inline(__always) func withSign(of x: Self) -> Self { Self(whole: whole.withSign(of: x.whole)) }
  @inline(__always) var squareRoot: Self { Self(whole: whole.squareRoot) }
  @inline(__always) var exponent: Self { Self(whole: whole.exponent) }
  @inline(__always) func whereOdd(_ a: Self, _ b: Self) -> Self { Self(whole: whole.whereOdd(a.whole, b.whole)) }
  @inline(__always) func flippingSign(_ x: Self) -> Self { Self(whole: whole.flippingSign(x.whole)) }
  @inline(__always) var significand: Self { Self(whole: whole.significand) }
  @inline(__always) var power: Self { Self(whole: whole.power) }
  @inline(__always) init(converting words: UnsafePointer<Int32>) { whole = Whole(converting: words) }
  @inline(__always) func map(_ function: (Scalar) -> Scalar) -> Self { Self(whole: whole.map(function)) }
  @inline(__always) var sum: Scalar { withUnsafePointer(to: whole) { UnsafeRawPointer($0).loadUnaligned(as: Scalar.self) } }
}
