import CShims

/// A register tile: for each of up to four outputs a run of sums.
protocol SumTile {
  associatedtype Run: VectorRun where Run.Vector == Vector
  associatedtype Vector: Lanes where Vector.Scalar == Scalar
  associatedtype Scalar
  static var outputs: Int { get }
  /// Output i starts from starts[i·stride], or from 0.
  init(_ starts: UnsafePointer<Scalar>?, _ stride: Int)
  /// Output i is loaded from memory + i·advance.
  init(loading memory: UnsafePointer<Scalar>, _ advance: Int)
  static func + (_ x: Self, _ y: Self) -> Self
  static func - (_ x: Self, _ y: Self) -> Self
  /// Output i adds weights[i]·x.
  mutating func add(_ weights: UnsafePointer<Scalar>, _ x: Run)
  /// Output i adds the number at weights + i·advance, times x.
  mutating func add(spread weights: UnsafePointer<Scalar>, _ advance: Int, _ x: Run)
  /// Output i adds the register at left + i·advance, times x.
  mutating func add(_ left: UnsafePointer<Scalar>, _ advance: Int, _ x: Run)
  /// Output i goes to memory + i·advance.
  func store(_ memory: UnsafeMutablePointer<Scalar>, _ advance: Int)
  /// Output i, times scale, is added to base + i·baseAdvance, or to 0, and goes to out + i·advance.
  func update(_ scale: Vector, _ base: UnsafePointer<Scalar>?, _ baseAdvance: Int, _ out: UnsafeMutablePointer<Scalar>, _ advance: Int)
}

/// The sums of one output.
struct OneOutput<Run: VectorRun>: SumTile {
  typealias Vector = Run.Vector
  typealias Scalar = Run.Vector.Scalar
  var sums: Run
  @inline(__always) static var outputs: Int { 1 }
  @inline(__always) init(_ starts: UnsafePointer<Scalar>?, _ stride: Int) { sums = Run(starts.map { Vector($0.pointee) } ?? Vector(0)) }
  @inline(__always) init(_ sums: Run) { self.sums = sums }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>, _ advance: Int) { sums = Run(loading: memory) }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(x.sums + y.sums) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(x.sums - y.sums) }
  @inline(__always) mutating func add(_ weights: UnsafePointer<Scalar>, _ x: Run) { sums = Run.fma(Vector(weights.pointee), x, sums) }
  @inline(__always) mutating func add(spread weights: UnsafePointer<Scalar>, _ advance: Int, _ x: Run) { add(weights, x) }
  @inline(__always) mutating func add(_ left: UnsafePointer<Scalar>, _ advance: Int, _ x: Run) { sums = Run.fma(Vector(loading: left), x, sums) }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Scalar>, _ advance: Int) { sums.store(memory) }
  @inline(__always) func update(_ scale: Vector, _ base: UnsafePointer<Scalar>?, _ baseAdvance: Int, _ out: UnsafeMutablePointer<Scalar>, _ advance: Int) {
    Run.fma(scale, sums, base.map { Run(loading: $0) } ?? Run(Vector(0))).store(out)
  }
}

/// The outputs of a tile followed by those of another.
struct Stacked<Upper: SumTile, Lower: SumTile>: SumTile where Upper.Run == Lower.Run {
  typealias Run = Upper.Run
  typealias Vector = Upper.Vector
  typealias Scalar = Upper.Scalar
  var upper: Upper
  var lower: Lower
  @inline(__always) static var outputs: Int { Upper.outputs &+ Lower.outputs }
  @inline(__always) init(_ starts: UnsafePointer<Scalar>?, _ stride: Int) {
    upper = Upper(starts, stride)
    lower = Lower(starts.map { $0 + Upper.outputs &* stride }, stride)
  }
  @inline(__always) init(_ upper: Upper, _ lower: Lower) {
    self.upper = upper
    self.lower = lower
  }
  @inline(__always) init(loading memory: UnsafePointer<Scalar>, _ advance: Int) {
    self.init(Upper(loading: memory, advance), Lower(loading: memory + Upper.outputs &* advance, advance))
  }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(x.upper + y.upper, x.lower + y.lower) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(x.upper - y.upper, x.lower - y.lower) }
  @inline(__always) mutating func add(_ weights: UnsafePointer<Scalar>, _ x: Run) {
    upper.add(weights, x)
    lower.add(weights + Upper.outputs, x)
  }
  @inline(__always) mutating func add(spread weights: UnsafePointer<Scalar>, _ advance: Int, _ x: Run) {
    upper.add(spread: weights, advance, x)
    lower.add(spread: weights + Upper.outputs &* advance, advance, x)
  }
  @inline(__always) mutating func add(_ left: UnsafePointer<Scalar>, _ advance: Int, _ x: Run) {
    upper.add(left, advance, x)
    sode_shim_keep_order()
    lower.add(left + Upper.outputs &* advance, advance, x)
  }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Scalar>, _ advance: Int) {
    upper.store(memory, advance)
    lower.store(memory + Upper.outputs &* advance, advance)
  }
  @inline(__always) func update(_ scale: Vector, _ base: UnsafePointer<Scalar>?, _ baseAdvance: Int, _ out: UnsafeMutablePointer<Scalar>, _ advance: Int) {
    upper.update(scale, base, baseAdvance, out, advance)
    lower.update(scale, base.map { $0 + Upper.outputs &* baseAdvance }, baseAdvance, out + Upper.outputs &* advance, advance)
  }
}

typealias TwoOutputs<R: VectorRun> = Stacked<OneOutput<R>, OneOutput<R>>
typealias ThreeOutputs<R: VectorRun> = Stacked<TwoOutputs<R>, OneOutput<R>>
typealias FourOutputs<R: VectorRun> = Stacked<TwoOutputs<R>, TwoOutputs<R>>
