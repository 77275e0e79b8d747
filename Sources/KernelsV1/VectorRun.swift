/// Several registers side by side: the width of a register tile.
///
/// The registers are loaded from neighboring numbers, or each from a place of its own.
protocol VectorRun {
  associatedtype Vector: Lanes
  /// The offset of each register.
  associatedtype Places
  /// Numbers in all registers.
  static var count: Int { get }
  init(_ value: Vector)
  init(loading memory: UnsafePointer<Vector.Scalar>)
  init(loading memory: UnsafePointer<Vector.Scalar>, at places: Places)
  func store(_ memory: UnsafeMutablePointer<Vector.Scalar>)
  /// w·x + sum, register by register.
  static func fma(_ w: Vector, _ x: Self, _ sum: Self) -> Self
  static func + (_ x: Self, _ y: Self) -> Self
  static func - (_ x: Self, _ y: Self) -> Self
  /// The registers of four runs, with their number, which begins at `register`.
  static func forEachRegister(_ a: Self, _ b: Self, _ c: Self, _ d: Self, _ register: Int, _ body: (Vector, Vector, Vector, Vector, Int) -> Void)
  /// The first of a list of offsets; where it is shorter than the run, its last one is repeated.
  static func places(_ offsets: UnsafePointer<Int>, _ remaining: Int) -> Places
}

/// A run of one register.
struct OneVector<Vector: Lanes>: VectorRun {
  var vector: Vector
  @inline(__always) static var count: Int { Vector.count }
  @inline(__always) init(_ value: Vector) { vector = value }
  @inline(__always) init(loading memory: UnsafePointer<Vector.Scalar>) { vector = Vector(loading: memory) }
  @inline(__always) init(loading memory: UnsafePointer<Vector.Scalar>, at place: Int) { vector = Vector(loading: memory + place) }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Vector.Scalar>) { vector.store(memory) }
  @inline(__always) static func fma(_ w: Vector, _ x: Self, _ sum: Self) -> Self { Self(Vector.fma(w, x.vector, sum.vector)) }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(x.vector + y.vector) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(x.vector - y.vector) }
  @inline(__always) static func forEachRegister(_ a: Self, _ b: Self, _ c: Self, _ d: Self, _ register: Int, _ body: (Vector, Vector, Vector, Vector, Int) -> Void) {
    body(a.vector, b.vector, c.vector, d.vector, register)
  }
  @inline(__always) static func places(_ offsets: UnsafePointer<Int>, _ remaining: Int) -> Int { remaining > 0 ? offsets[0] : offsets[remaining &- 1] }
}

/// A run followed by a run.
struct Joined<First: VectorRun, Second: VectorRun>: VectorRun where First.Vector == Second.Vector {
  typealias Vector = First.Vector
  var first: First
  var second: Second
  @inline(__always) static var count: Int { First.count &+ Second.count }
  @inline(__always) init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }
  @inline(__always) init(_ value: Vector) { self.init(First(value), Second(value)) }
  @inline(__always) init(loading memory: UnsafePointer<Vector.Scalar>) { self.init(First(loading: memory), Second(loading: memory + First.count)) }
  @inline(__always) init(loading memory: UnsafePointer<Vector.Scalar>, at places: (First.Places, Second.Places)) {
    self.init(First(loading: memory, at: places.0), Second(loading: memory, at: places.1))
  }
  @inline(__always) func store(_ memory: UnsafeMutablePointer<Vector.Scalar>) {
    first.store(memory)
    second.store(memory + First.count)
  }
  @inline(__always) static func fma(_ w: Vector, _ x: Self, _ sum: Self) -> Self { Self(First.fma(w, x.first, sum.first), Second.fma(w, x.second, sum.second)) }
  @inline(__always) static func + (_ x: Self, _ y: Self) -> Self { Self(x.first + y.first, x.second + y.second) }
  @inline(__always) static func - (_ x: Self, _ y: Self) -> Self { Self(x.first - y.first, x.second - y.second) }
  @inline(__always) static func forEachRegister(_ a: Self, _ b: Self, _ c: Self, _ d: Self, _ register: Int, _ body: (Vector, Vector, Vector, Vector, Int) -> Void) {
    First.forEachRegister(a.first, b.first, c.first, d.first, register, body)
    Second.forEachRegister(a.second, b.second, c.second, d.second, register &+ First.count / Vector.count, body)
  }
  @inline(__always) static func places(_ offsets: UnsafePointer<Int>, _ remaining: Int) -> (First.Places, Second.Places) {
    let taken = First.count / Vector.count
    return (First.places(offsets, remaining), Second.places(offsets + taken, remaining &- taken))
  }
}

typealias TwoVectors<V: Lanes> = Joined<OneVector<V>, OneVector<V>>
typealias ThreeVectors<V: Lanes> = Joined<TwoVectors<V>, OneVector<V>>
typealias FourVectors<V: Lanes> = Joined<TwoVectors<V>, TwoVectors<V>>
typealias SixVectors<V: Lanes> = Joined<FourVectors<V>, TwoVectors<V>>
typealias EightVectors<V: Lanes> = Joined<FourVectors<V>, FourVectors<V>>
typealias NineVectors<V: Lanes> = Joined<EightVectors<V>, OneVector<V>>
typealias TwelveVectors<V: Lanes> = Joined<EightVectors<V>, FourVectors<V>>
