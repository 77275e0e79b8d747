import CShims

/// The operations of a vector register, for each concrete vector. Their bodies are in `shims_vectors.h`, which gives the reason.
protocol RegisterOperations {
  associatedtype Numbers: ElementaryNumbers
  associatedtype Vector: SIMD where Vector.Scalar == Numbers.Scalar
  static var count: Int { get }
  static func splat(_ x: Vector.Scalar) -> Vector
  static func load(_ memory: UnsafePointer<Vector.Scalar>) -> Vector
  static func load(_ memory: UnsafePointer<Vector.Scalar>, _ stride: Int) -> Vector
  static func store(_ x: Vector, _ memory: UnsafeMutablePointer<Vector.Scalar>)
  static func add(_ x: Vector, _ y: Vector) -> Vector
  static func subtract(_ x: Vector, _ y: Vector) -> Vector
  static func multiply(_ x: Vector, _ y: Vector) -> Vector
  static func divide(_ x: Vector, _ y: Vector) -> Vector
  /// x·y + z.
  static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector
  static func negate(_ x: Vector) -> Vector
  static func squareRoot(_ x: Vector) -> Vector
  /// x < y ? a : b.
  static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector
  static func magnitude(_ x: Vector) -> Vector
  /// |x| with the sign of y.
  static func withSign(_ x: Vector, of y: Vector) -> Vector
  static func exponent(_ z: Vector) -> Vector
  static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector
  static func flippingSign(_ z: Vector, _ x: Vector) -> Vector
  /// 1 ≤ m < 2 and n of x = m·2ⁿ, for positive normal numbers.
  static func significand(_ x: Vector) -> Vector
  static func power(_ x: Vector) -> Vector
  /// Whole numbers of at most 24 bits.
  static func convert(_ words: UnsafePointer<Int32>) -> Vector
  static func sum(_ x: Vector) -> Vector.Scalar
  /// Sums of neighboring lanes, those of x and then those of y: log₂(count) rounds turn `count` vectors into the vector of their sums.
  static func fold(_ x: Vector, _ y: Vector) -> Vector
  /// `count` rows of `count` numbers transposed; strides from row to row.
  static func transpose(_ from: UnsafePointer<Vector.Scalar>, _ stride: Int, into to: UnsafeMutablePointer<Vector.Scalar>, _ toStride: Int)
  /// `count` numbers of x and of y, in turn.
  static func interleave(_ x: UnsafePointer<Vector.Scalar>, _ y: UnsafePointer<Vector.Scalar>, into to: UnsafeMutablePointer<Vector.Scalar>)
  /// 2·`count` numbers, those at even places to x and those at odd places to y.
  static func separate(_ from: UnsafePointer<Vector.Scalar>, into x: UnsafeMutablePointer<Vector.Scalar>, _ y: UnsafeMutablePointer<Vector.Scalar>)
}

enum Float4: RegisterOperations {
  typealias Numbers = FloatNumbers
  typealias Vector = SIMD4<Float>
  @inline(__always) static var count: Int { 4 }
  @inline(__always) static func splat(_ x: Float) -> Vector { sode_float4_splat(x) }
  @inline(__always) static func load(_ p: UnsafePointer<Float>) -> Vector { sode_float4_load(p) }
  @inline(__always) static func load(_ p: UnsafePointer<Float>, _ s: Int) -> Vector {
    Vector(p[0], p[s], p[2 &* s], p[3 &* s])
  }
  @inline(__always) static func store(_ x: Vector, _ p: UnsafeMutablePointer<Float>) { sode_float4_store(x, p) }
  @inline(__always) static func add(_ x: Vector, _ y: Vector) -> Vector { sode_float4_add(x, y) }
  @inline(__always) static func subtract(_ x: Vector, _ y: Vector) -> Vector { sode_float4_subtract(x, y) }
  @inline(__always) static func multiply(_ x: Vector, _ y: Vector) -> Vector { sode_float4_multiply(x, y) }
  @inline(__always) static func divide(_ x: Vector, _ y: Vector) -> Vector { sode_float4_divide(x, y) }
  @inline(__always) static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector { sode_float4_fma(x, y, z) }
  @inline(__always) static func negate(_ x: Vector) -> Vector { sode_float4_negate(x) }
  @inline(__always) static func squareRoot(_ x: Vector) -> Vector { sode_float4_square_root(x) }
  @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { sode_float4_choose(a, b, x, y) }
  @inline(__always) static func magnitude(_ x: Vector) -> Vector { sode_float4_magnitude(x) }
  @inline(__always) static func withSign(_ x: Vector, of y: Vector) -> Vector { sode_float4_with_sign(x, y) }
  @inline(__always) static func exponent(_ z: Vector) -> Vector { sode_float4_exponent(z) }
  @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { sode_float4_where_odd(z, a, b) }
  @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector { sode_float4_flipping_sign(z, x) }
  @inline(__always) static func significand(_ x: Vector) -> Vector { sode_float4_significand(x) }
  @inline(__always) static func power(_ x: Vector) -> Vector { sode_float4_power(x) }
  @inline(__always) static func convert(_ words: UnsafePointer<Int32>) -> Vector { sode_float4_convert(words) }
  @inline(__always) static func sum(_ x: Vector) -> Float { sode_float4_sum(x) }
  @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { sode_float4_fold(x, y) }
  @inline(__always) static func transpose(_ from: UnsafePointer<Float>, _ stride: Int, into to: UnsafeMutablePointer<Float>, _ toStride: Int) { sode_float4_transpose(from, stride, to, toStride) }
  @inline(__always) static func interleave(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>) { sode_float4_interleave(x, y, to) }
  @inline(__always) static func separate(_ from: UnsafePointer<Float>, into x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>) { sode_float4_separate(from, x, y) }
}

#if V3 || V4
  enum Float8: RegisterOperations {
    typealias Numbers = FloatNumbers
    typealias Vector = SIMD8<Float>
    @inline(__always) static var count: Int { 8 }
    @inline(__always) static func splat(_ x: Float) -> Vector { sode_float8_splat(x) }
    @inline(__always) static func load(_ p: UnsafePointer<Float>) -> Vector { sode_float8_load(p) }
    @inline(__always) static func load(_ p: UnsafePointer<Float>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s], p[4 &* s], p[5 &* s], p[6 &* s], p[7 &* s])
    }
    @inline(__always) static func store(_ x: Vector, _ p: UnsafeMutablePointer<Float>) { sode_float8_store(x, p) }
    @inline(__always) static func add(_ x: Vector, _ y: Vector) -> Vector { sode_float8_add(x, y) }
    @inline(__always) static func subtract(_ x: Vector, _ y: Vector) -> Vector { sode_float8_subtract(x, y) }
    @inline(__always) static func multiply(_ x: Vector, _ y: Vector) -> Vector { sode_float8_multiply(x, y) }
    @inline(__always) static func divide(_ x: Vector, _ y: Vector) -> Vector { sode_float8_divide(x, y) }
    @inline(__always) static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector { sode_float8_fma(x, y, z) }
    @inline(__always) static func negate(_ x: Vector) -> Vector { sode_float8_negate(x) }
    @inline(__always) static func squareRoot(_ x: Vector) -> Vector { sode_float8_square_root(x) }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { sode_float8_choose(a, b, x, y) }
    @inline(__always) static func magnitude(_ x: Vector) -> Vector { sode_float8_magnitude(x) }
    @inline(__always) static func withSign(_ x: Vector, of y: Vector) -> Vector { sode_float8_with_sign(x, y) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { sode_float8_exponent(z) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { sode_float8_where_odd(z, a, b) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector { sode_float8_flipping_sign(z, x) }
    @inline(__always) static func significand(_ x: Vector) -> Vector { sode_float8_significand(x) }
    @inline(__always) static func power(_ x: Vector) -> Vector { sode_float8_power(x) }
    @inline(__always) static func convert(_ words: UnsafePointer<Int32>) -> Vector { sode_float8_convert(words) }
    @inline(__always) static func sum(_ x: Vector) -> Float { sode_float8_sum(x) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { sode_float8_fold(x, y) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Float>, _ stride: Int, into to: UnsafeMutablePointer<Float>, _ toStride: Int) { sode_float8_transpose(from, stride, to, toStride) }
    @inline(__always) static func interleave(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>) { sode_float8_interleave(x, y, to) }
    @inline(__always) static func separate(_ from: UnsafePointer<Float>, into x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>) { sode_float8_separate(from, x, y) }
  }
#endif

#if V4
  enum Float16: RegisterOperations {
    typealias Numbers = FloatNumbers
    typealias Vector = SIMD16<Float>
    @inline(__always) static var count: Int { 16 }
    @inline(__always) static func splat(_ x: Float) -> Vector { sode_float16_splat(x) }
    @inline(__always) static func load(_ p: UnsafePointer<Float>) -> Vector { sode_float16_load(p) }
    @inline(__always) static func load(_ p: UnsafePointer<Float>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s], p[4 &* s], p[5 &* s], p[6 &* s], p[7 &* s], p[8 &* s], p[9 &* s], p[10 &* s], p[11 &* s], p[12 &* s], p[13 &* s], p[14 &* s], p[15 &* s])
    }
    @inline(__always) static func store(_ x: Vector, _ p: UnsafeMutablePointer<Float>) { sode_float16_store(x, p) }
    @inline(__always) static func add(_ x: Vector, _ y: Vector) -> Vector { sode_float16_add(x, y) }
    @inline(__always) static func subtract(_ x: Vector, _ y: Vector) -> Vector { sode_float16_subtract(x, y) }
    @inline(__always) static func multiply(_ x: Vector, _ y: Vector) -> Vector { sode_float16_multiply(x, y) }
    @inline(__always) static func divide(_ x: Vector, _ y: Vector) -> Vector { sode_float16_divide(x, y) }
    @inline(__always) static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector { sode_float16_fma(x, y, z) }
    @inline(__always) static func negate(_ x: Vector) -> Vector { sode_float16_negate(x) }
    @inline(__always) static func squareRoot(_ x: Vector) -> Vector { sode_float16_square_root(x) }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { sode_float16_choose(a, b, x, y) }
    @inline(__always) static func magnitude(_ x: Vector) -> Vector { sode_float16_magnitude(x) }
    @inline(__always) static func withSign(_ x: Vector, of y: Vector) -> Vector { sode_float16_with_sign(x, y) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { sode_float16_exponent(z) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { sode_float16_where_odd(z, a, b) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector { sode_float16_flipping_sign(z, x) }
    @inline(__always) static func significand(_ x: Vector) -> Vector { sode_float16_significand(x) }
    @inline(__always) static func power(_ x: Vector) -> Vector { sode_float16_power(x) }
    @inline(__always) static func convert(_ words: UnsafePointer<Int32>) -> Vector { sode_float16_convert(words) }
    @inline(__always) static func sum(_ x: Vector) -> Float { sode_float16_sum(x) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { sode_float16_fold(x, y) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Float>, _ stride: Int, into to: UnsafeMutablePointer<Float>, _ toStride: Int) { sode_float16_transpose(from, stride, to, toStride) }
    @inline(__always) static func interleave(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>) { sode_float16_interleave(x, y, to) }
    @inline(__always) static func separate(_ from: UnsafePointer<Float>, into x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>) { sode_float16_separate(from, x, y) }
  }
#endif

enum Double2: RegisterOperations {
  typealias Numbers = DoubleNumbers
  typealias Vector = SIMD2<Double>
  @inline(__always) static var count: Int { 2 }
  @inline(__always) static func splat(_ x: Double) -> Vector { sode_double2_splat(x) }
  @inline(__always) static func load(_ p: UnsafePointer<Double>) -> Vector { sode_double2_load(p) }
  @inline(__always) static func load(_ p: UnsafePointer<Double>, _ s: Int) -> Vector {
    Vector(p[0], p[s])
  }
  @inline(__always) static func store(_ x: Vector, _ p: UnsafeMutablePointer<Double>) { sode_double2_store(x, p) }
  @inline(__always) static func add(_ x: Vector, _ y: Vector) -> Vector { sode_double2_add(x, y) }
  @inline(__always) static func subtract(_ x: Vector, _ y: Vector) -> Vector { sode_double2_subtract(x, y) }
  @inline(__always) static func multiply(_ x: Vector, _ y: Vector) -> Vector { sode_double2_multiply(x, y) }
  @inline(__always) static func divide(_ x: Vector, _ y: Vector) -> Vector { sode_double2_divide(x, y) }
  @inline(__always) static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector { sode_double2_fma(x, y, z) }
  @inline(__always) static func negate(_ x: Vector) -> Vector { sode_double2_negate(x) }
  @inline(__always) static func squareRoot(_ x: Vector) -> Vector { sode_double2_square_root(x) }
  @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { sode_double2_choose(a, b, x, y) }
  @inline(__always) static func magnitude(_ x: Vector) -> Vector { sode_double2_magnitude(x) }
  @inline(__always) static func withSign(_ x: Vector, of y: Vector) -> Vector { sode_double2_with_sign(x, y) }
  @inline(__always) static func exponent(_ z: Vector) -> Vector { sode_double2_exponent(z) }
  @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { sode_double2_where_odd(z, a, b) }
  @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector { sode_double2_flipping_sign(z, x) }
  @inline(__always) static func significand(_ x: Vector) -> Vector { sode_double2_significand(x) }
  @inline(__always) static func power(_ x: Vector) -> Vector { sode_double2_power(x) }
  @inline(__always) static func convert(_ words: UnsafePointer<Int32>) -> Vector { sode_double2_convert(words) }
  @inline(__always) static func sum(_ x: Vector) -> Double { sode_double2_sum(x) }
  @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { sode_double2_fold(x, y) }
  @inline(__always) static func transpose(_ from: UnsafePointer<Double>, _ stride: Int, into to: UnsafeMutablePointer<Double>, _ toStride: Int) { sode_double2_transpose(from, stride, to, toStride) }
  @inline(__always) static func interleave(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, into to: UnsafeMutablePointer<Double>) { sode_double2_interleave(x, y, to) }
  @inline(__always) static func separate(_ from: UnsafePointer<Double>, into x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>) { sode_double2_separate(from, x, y) }
}

enum Double4: RegisterOperations {
  typealias Numbers = DoubleNumbers
  typealias Vector = SIMD4<Double>
  @inline(__always) static var count: Int { 4 }
  @inline(__always) static func splat(_ x: Double) -> Vector { sode_double4_splat(x) }
  @inline(__always) static func load(_ p: UnsafePointer<Double>) -> Vector { sode_double4_load(p) }
  @inline(__always) static func load(_ p: UnsafePointer<Double>, _ s: Int) -> Vector {
    Vector(p[0], p[s], p[2 &* s], p[3 &* s])
  }
  @inline(__always) static func store(_ x: Vector, _ p: UnsafeMutablePointer<Double>) { sode_double4_store(x, p) }
  @inline(__always) static func add(_ x: Vector, _ y: Vector) -> Vector { sode_double4_add(x, y) }
  @inline(__always) static func subtract(_ x: Vector, _ y: Vector) -> Vector { sode_double4_subtract(x, y) }
  @inline(__always) static func multiply(_ x: Vector, _ y: Vector) -> Vector { sode_double4_multiply(x, y) }
  @inline(__always) static func divide(_ x: Vector, _ y: Vector) -> Vector { sode_double4_divide(x, y) }
  @inline(__always) static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector { sode_double4_fma(x, y, z) }
  @inline(__always) static func negate(_ x: Vector) -> Vector { sode_double4_negate(x) }
  @inline(__always) static func squareRoot(_ x: Vector) -> Vector { sode_double4_square_root(x) }
  @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { sode_double4_choose(a, b, x, y) }
  @inline(__always) static func magnitude(_ x: Vector) -> Vector { sode_double4_magnitude(x) }
  @inline(__always) static func withSign(_ x: Vector, of y: Vector) -> Vector { sode_double4_with_sign(x, y) }
  @inline(__always) static func exponent(_ z: Vector) -> Vector { sode_double4_exponent(z) }
  @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { sode_double4_where_odd(z, a, b) }
  @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector { sode_double4_flipping_sign(z, x) }
  @inline(__always) static func significand(_ x: Vector) -> Vector { sode_double4_significand(x) }
  @inline(__always) static func power(_ x: Vector) -> Vector { sode_double4_power(x) }
  @inline(__always) static func convert(_ words: UnsafePointer<Int32>) -> Vector { sode_double4_convert(words) }
  @inline(__always) static func sum(_ x: Vector) -> Double { sode_double4_sum(x) }
  @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { sode_double4_fold(x, y) }
  @inline(__always) static func transpose(_ from: UnsafePointer<Double>, _ stride: Int, into to: UnsafeMutablePointer<Double>, _ toStride: Int) { sode_double4_transpose(from, stride, to, toStride) }
  @inline(__always) static func interleave(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, into to: UnsafeMutablePointer<Double>) { sode_double4_interleave(x, y, to) }
  @inline(__always) static func separate(_ from: UnsafePointer<Double>, into x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>) { sode_double4_separate(from, x, y) }
}

#if V4
  enum Double8: RegisterOperations {
    typealias Numbers = DoubleNumbers
    typealias Vector = SIMD8<Double>
    @inline(__always) static var count: Int { 8 }
    @inline(__always) static func splat(_ x: Double) -> Vector { sode_double8_splat(x) }
    @inline(__always) static func load(_ p: UnsafePointer<Double>) -> Vector { sode_double8_load(p) }
    @inline(__always) static func load(_ p: UnsafePointer<Double>, _ s: Int) -> Vector {
      Vector(p[0], p[s], p[2 &* s], p[3 &* s], p[4 &* s], p[5 &* s], p[6 &* s], p[7 &* s])
    }
    @inline(__always) static func store(_ x: Vector, _ p: UnsafeMutablePointer<Double>) { sode_double8_store(x, p) }
    @inline(__always) static func add(_ x: Vector, _ y: Vector) -> Vector { sode_double8_add(x, y) }
    @inline(__always) static func subtract(_ x: Vector, _ y: Vector) -> Vector { sode_double8_subtract(x, y) }
    @inline(__always) static func multiply(_ x: Vector, _ y: Vector) -> Vector { sode_double8_multiply(x, y) }
    @inline(__always) static func divide(_ x: Vector, _ y: Vector) -> Vector { sode_double8_divide(x, y) }
    @inline(__always) static func fma(_ x: Vector, _ y: Vector, _ z: Vector) -> Vector { sode_double8_fma(x, y, z) }
    @inline(__always) static func negate(_ x: Vector) -> Vector { sode_double8_negate(x) }
    @inline(__always) static func squareRoot(_ x: Vector) -> Vector { sode_double8_square_root(x) }
    @inline(__always) static func choose(_ a: Vector, _ b: Vector, _ x: Vector, _ y: Vector) -> Vector { sode_double8_choose(a, b, x, y) }
    @inline(__always) static func magnitude(_ x: Vector) -> Vector { sode_double8_magnitude(x) }
    @inline(__always) static func withSign(_ x: Vector, of y: Vector) -> Vector { sode_double8_with_sign(x, y) }
    @inline(__always) static func exponent(_ z: Vector) -> Vector { sode_double8_exponent(z) }
    @inline(__always) static func whereOdd(_ z: Vector, _ a: Vector, _ b: Vector) -> Vector { sode_double8_where_odd(z, a, b) }
    @inline(__always) static func flippingSign(_ z: Vector, _ x: Vector) -> Vector { sode_double8_flipping_sign(z, x) }
    @inline(__always) static func significand(_ x: Vector) -> Vector { sode_double8_significand(x) }
    @inline(__always) static func power(_ x: Vector) -> Vector { sode_double8_power(x) }
    @inline(__always) static func convert(_ words: UnsafePointer<Int32>) -> Vector { sode_double8_convert(words) }
    @inline(__always) static func sum(_ x: Vector) -> Double { sode_double8_sum(x) }
    @inline(__always) static func fold(_ x: Vector, _ y: Vector) -> Vector { sode_double8_fold(x, y) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Double>, _ stride: Int, into to: UnsafeMutablePointer<Double>, _ toStride: Int) { sode_double8_transpose(from, stride, to, toStride) }
    @inline(__always) static func interleave(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, into to: UnsafeMutablePointer<Double>) { sode_double8_interleave(x, y, to) }
    @inline(__always) static func separate(_ from: UnsafePointer<Double>, into x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>) { sode_double8_separate(from, x, y) }
  }
#endif
