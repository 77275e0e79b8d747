/// The vectors of one precision on one instruction set.
protocol Family {
  associatedtype Scalar: KernelScalar
  /// One register.
  associatedtype Wide: Lanes where Wide.Scalar == Scalar
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
  /// Doubles to sum in, as many as `widened` loads.
  associatedtype Sums: Lanes where Sums.Scalar == Double
  static func widened(_ memory: UnsafePointer<Scalar>) -> Sums
  static func fold(_ x: Wide, _ y: Wide) -> Wide
}

/// Four rows of four numbers.
struct Square<Scalar: KernelScalar> {
  var a: SIMD4<Scalar>
  var b: SIMD4<Scalar>
  var c: SIMD4<Scalar>
  var d: SIMD4<Scalar>
  @inline(__always) var transposed: Square {
    Square(
      a: SIMD4(a.x, b.x, c.x, d.x), b: SIMD4(a.y, b.y, c.y, d.y),
      c: SIMD4(a.z, b.z, c.z, d.z), d: SIMD4(a.w, b.w, c.w, d.w))
  }
}

enum FloatFamily: Family {
  typealias Scalar = Float
  #if V4
    typealias Wide = Register<Float16>
    typealias Strip = Pair<Pair<Wide>>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Wide
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Register<Float8>
    typealias Sums = Register<Double8>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Float16.fold(x.vector, y.vector)) }
    @inline(__always) static func widened(_ p: UnsafePointer<Float>) -> Sums {
      Sums(vector: SIMD8(Double(p[0]), Double(p[1]), Double(p[2]), Double(p[3]), Double(p[4]), Double(p[5]), Double(p[6]), Double(p[7])))
    }
  #elseif V3
    typealias Wide = Register<Float8>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    typealias Sums = Pair<Register<Double4>>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Float8.fold(x.vector, y.vector)) }
    @inline(__always) static func widened(_ p: UnsafePointer<Float>) -> Sums {
      Sums(Register(vector: SIMD4(Double(p[0]), Double(p[1]), Double(p[2]), Double(p[3]))), Register(vector: SIMD4(Double(p[4]), Double(p[5]), Double(p[6]), Double(p[7]))))
    }
  #else
    typealias Wide = Register<Float4>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    typealias Sums = Pair<Pair<Register<Double2>>>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Float4.fold(x.vector, y.vector)) }
    @inline(__always) static func widened(_ p: UnsafePointer<Float>) -> Sums {
      Sums(
        Pair(Register(vector: SIMD2(Double(p[0]), Double(p[1]))), Register(vector: SIMD2(Double(p[2]), Double(p[3])))),
        Pair(Register(vector: SIMD2(Double(p[4]), Double(p[5]))), Register(vector: SIMD2(Double(p[6]), Double(p[7])))))
    }
  #endif
  typealias Step5 = Register<Float4>
  typealias One = Single<Register<Float4>>
}

enum DoubleFamily: Family {
  typealias Scalar = Double
  #if V4
    typealias Wide = Register<Double8>
    typealias Strip = Pair<Pair<Wide>>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Wide
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Register<Double4>
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Double8.fold(x.vector, y.vector)) }
  #elseif V3
    typealias Wide = Register<Double4>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Double4.fold(x.vector, y.vector)) }
  #else
    typealias Wide = Register<Double2>
    typealias Strip = Pair<Wide>
    typealias MediumStrip = Pair<Wide>
    typealias SmallStrip = Pair<Wide>
    typealias Step1 = Pair<Pair<Wide>>
    typealias Step2 = Pair<Wide>
    typealias Step3 = Wide
    typealias Step4 = Wide
    @inline(__always) static func fold(_ x: Wide, _ y: Wide) -> Wide { Wide(vector: Double2.fold(x.vector, y.vector)) }
  #endif
  typealias Step5 = Register<Double2>
  typealias One = Single<Register<Double2>>
  typealias Sums = Wide
  @inline(__always) static func widened(_ p: UnsafePointer<Double>) -> Sums { Sums(loading: p) }
}
