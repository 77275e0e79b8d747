import CShims

/// The vectors of one precision on one instruction set.
protocol Family {
  associatedtype Scalar: KernelScalar
  /// One register.
  associatedtype Wide: Lanes where Wide.Scalar == Scalar
  /// 16 columns, the quantum of a tile.
  associatedtype Quantum: Lanes where Quantum.Scalar == Scalar
  /// The columns of a register tile of four outputs, largest first; the last divides 16, the least number of columns.
  associatedtype Strip: Lanes where Strip.Scalar == Scalar
  associatedtype MediumStrip: Lanes where MediumStrip.Scalar == Scalar
  associatedtype SmallStrip: Lanes where SmallStrip.Scalar == Scalar
  /// The outputs that a single sample's kernel takes at once, largest first; then one at a time.
  associatedtype Step1: Lanes where Step1.Scalar == Scalar
  associatedtype Step2: Lanes where Step2.Scalar == Scalar
  associatedtype Step3: Lanes where Step3.Scalar == Scalar
  associatedtype Step4: Lanes where Step4.Scalar == Scalar
  associatedtype Step5: Lanes where Step5.Scalar == Scalar
  associatedtype One: Lanes where One.Scalar == Scalar
  /// The vector of Doubles in which sums are taken, as many as `widened` loads.
  associatedtype Sums: Lanes where Sums.Scalar == Double
  static func widened(_ memory: UnsafePointer<Scalar>) -> Sums
  static func eight(_ memory: UnsafePointer<Scalar>) -> EightDoubles
  static func storeEight(_ x: EightDoubles, _ memory: UnsafeMutablePointer<Scalar>)
  static func fold(_ x: Wide, _ y: Wide) -> Wide
  /// A square of `Wide.count` rows transposed.
  static func transpose(_ from: UnsafePointer<Scalar>, _ stride: Int, into to: UnsafeMutablePointer<Scalar>, _ toStride: Int)
  /// The operations of `Wide`.
  associatedtype WideOperations: RegisterOperations where WideOperations.Vector.Scalar == Scalar
  /// Four numbers, for squares of a matrix.
  associatedtype Four: RegisterOperations where Four.Vector.Scalar == Scalar
  static func transposed(_ x: Square<Four>) -> Square<Four>
}

/// Four rows of four numbers.
struct Square<Operations: RegisterOperations> {
  typealias Row = Register<Operations>
  var a: Row
  var b: Row
  var c: Row
  var d: Row
}

enum FloatFamily: Family {
  typealias Scalar = Float
  #if V4
    typealias WideOperations = Float16
    typealias Wide = Register<WideOperations>
    typealias Quantum = Wide
    typealias Strip = Pair<Pair<Wide>>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Wide
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Register<Float8>
    typealias Sums = Register<Double8>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Float16.fold(x.vector, y.vector)) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Float>, _ stride: Int, into to: UnsafeMutablePointer<Float>, _ toStride: Int) {
      Float16.transpose(from, stride, into: to, toStride)
    }
    @inline(__always) static func widened(_ p: UnsafePointer<Float>) -> Sums {
      Sums(vector: sode_double8_widen(p))
    }
  #elseif V3
    typealias WideOperations = Float8
    typealias Wide = Register<WideOperations>
    typealias Quantum = Pair<Wide>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    typealias Sums = Pair<Register<Double4>>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Float8.fold(x.vector, y.vector)) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Float>, _ stride: Int, into to: UnsafeMutablePointer<Float>, _ toStride: Int) {
      Float8.transpose(from, stride, into: to, toStride)
    }
    @inline(__always) static func widened(_ p: UnsafePointer<Float>) -> Sums {
      Sums(Register(vector: sode_double4_widen(p)), Register(vector: sode_double4_widen(p + 4)))
    }
  #else
    typealias WideOperations = Float4
    typealias Wide = Register<WideOperations>
    typealias Quantum = Pair<Pair<Wide>>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    typealias Sums = Pair<Pair<Register<Double2>>>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Float4.fold(x.vector, y.vector)) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Float>, _ stride: Int, into to: UnsafeMutablePointer<Float>, _ toStride: Int) {
      Float4.transpose(from, stride, into: to, toStride)
    }
    @inline(__always) static func widened(_ p: UnsafePointer<Float>) -> Sums {
      Sums(
        Pair(Register(vector: sode_double2_widen(p)), Register(vector: sode_double2_widen(p + 2))),
        Pair(Register(vector: sode_double2_widen(p + 4)), Register(vector: sode_double2_widen(p + 6))))
    }
  #endif
  typealias Four = Float4
  @inline(__always) static func transposed(_ x: Square<Float4>) -> Square<Float4> {
    let (a, b, c, d) = (x.a.vector, x.b.vector, x.c.vector, x.d.vector)
    return Square(
      a: Register(vector: sode_float4_column0(a, b, c, d)), b: Register(vector: sode_float4_column1(a, b, c, d)), c: Register(vector: sode_float4_column2(a, b, c, d)),
      d: Register(vector: sode_float4_column3(a, b, c, d)))
  }
  typealias Step5 = Register<Float4>
  typealias One = Single<Register<Float4>>
}

enum DoubleFamily: Family {
  typealias Scalar = Double
  #if V4
    typealias WideOperations = Double8
    typealias Wide = Register<WideOperations>
    typealias Quantum = Pair<Wide>
    typealias Strip = Pair<Pair<Wide>>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Wide
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Register<Double4>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Double8.fold(x.vector, y.vector)) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Double>, _ stride: Int, into to: UnsafeMutablePointer<Double>, _ toStride: Int) {
      Double8.transpose(from, stride, into: to, toStride)
    }
  #elseif V3
    typealias WideOperations = Double4
    typealias Wide = Register<WideOperations>
    typealias Quantum = Pair<Pair<Wide>>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Double4.fold(x.vector, y.vector)) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Double>, _ stride: Int, into to: UnsafeMutablePointer<Double>, _ toStride: Int) {
      Double4.transpose(from, stride, into: to, toStride)
    }
  #else
    typealias WideOperations = Double2
    typealias Wide = Register<WideOperations>
    typealias Quantum = Pair<Pair<Pair<Wide>>>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Double2.fold(x.vector, y.vector)) }
    @inline(__always) static func transpose(_ from: UnsafePointer<Double>, _ stride: Int, into to: UnsafeMutablePointer<Double>, _ toStride: Int) {
      Double2.transpose(from, stride, into: to, toStride)
    }
  #endif
  typealias Four = Double4
  @inline(__always) static func transposed(_ x: Square<Double4>) -> Square<Double4> {
    let (a, b, c, d) = (x.a.vector, x.b.vector, x.c.vector, x.d.vector)
    return Square(
      a: Register(vector: sode_double4_column0(a, b, c, d)), b: Register(vector: sode_double4_column1(a, b, c, d)), c: Register(vector: sode_double4_column2(a, b, c, d)),
      d: Register(vector: sode_double4_column3(a, b, c, d)))
  }
  typealias Step5 = Register<Double2>
  typealias One = Single<Register<Double2>>
  typealias Sums = Wide
  @inline(__always) static func widened(_ p: UnsafePointer<Double>) -> Sums { Sums(loading: p) }
}
