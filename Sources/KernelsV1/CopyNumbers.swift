/// Copies numbers between arrays that do not overlap. What remains behind whole registers is copied by a register that ends at the last number.
@inline(__always) func copyNumbers<F: Family>(_: F.Type, _ from: UnsafePointer<F.Scalar>, _ to: UnsafeMutablePointer<F.Scalar>, _ count: Int) {
  if count >= F.Wide.count { return copyWhole(F.Wide.self, from, to, count) }
  if count >= 4 { return copyWhole(Register<F.Four>.self, from, to, count) }
  var i = 0
  while i < count {
    to[i] = from[i]
    i &+= 1
  }
}

@inline(__always) private func copyWhole<L: Lanes>(_: L.Type, _ from: UnsafePointer<L.Scalar>, _ to: UnsafeMutablePointer<L.Scalar>, _ count: Int) {
  var i = 0
  while i &+ 4 &* L.count <= count {
    Pair<Pair<L>>(loading: from + i).store(to + i)
    i &+= 4 &* L.count
  }
  while i &+ L.count <= count {
    L(loading: from + i).store(to + i)
    i &+= L.count
  }
  if i < count { L(loading: from + (count &- L.count)).store(to + (count &- L.count)) }
}

/// Fills an array with one number.
@inline(__always) func fillNumbers<F: Family>(_: F.Type, _ to: UnsafeMutablePointer<F.Scalar>, _ value: F.Scalar, _ count: Int) {
  var i = 0
  while i &+ F.Wide.count <= count {
    F.Wide(value).store(to + i)
    i &+= F.Wide.count
  }
  while i < count {
    to[i] = value
    i &+= 1
  }
}

/// Copies `count` numbers at even places to x and as many at odd places to y.
@inline(__always) func separateNumbers<F: Family>(_: F.Type, _ from: UnsafePointer<F.Scalar>, _ x: UnsafeMutablePointer<F.Scalar>, _ y: UnsafeMutablePointer<F.Scalar>, _ count: Int) {
  if count >= F.Wide.count { return separateWhole(F.WideOperations.self, from, x, y, count) }
  if count >= 4 { return separateWhole(F.Four.self, from, x, y, count) }
  var i = 0
  while i < count {
    x[i] = from[2 &* i]
    y[i] = from[2 &* i &+ 1]
    i &+= 1
  }
}

@inline(__always) private func separateWhole<Operations: RegisterOperations>(
  _: Operations.Type, _ from: UnsafePointer<Operations.Vector.Scalar>, _ x: UnsafeMutablePointer<Operations.Vector.Scalar>, _ y: UnsafeMutablePointer<Operations.Vector.Scalar>, _ count: Int
) {
  var i = 0
  while i &+ Operations.count <= count {
    Operations.separate(from + 2 &* i, into: x + i, y + i)
    i &+= Operations.count
  }
  if i < count {
    i = count &- Operations.count
    Operations.separate(from + 2 &* i, into: x + i, y + i)
  }
}
