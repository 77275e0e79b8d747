import CKernels

/// out[i·outStride] += Σ_s x[i,s].
@inline(__always) func rowSums<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: ElementwiseCall.self).pointee
  let out = c.out.assumingMemoryBound(to: F.Scalar.self)
  var row = 0
  while row < c.rows {
    let x = c.x.assumingMemoryBound(to: F.Scalar.self) + row &* c.xStride
    // Four independent sums, so that their additions overlap.
    var four = Pair<Pair<F.Wide>>(0)
    var i = 0
    while i &+ 4 &* F.Wide.count <= c.columns {
      four = four + Pair(loading: x + i)
      i &+= 4 &* F.Wide.count
    }
    while i &+ F.Wide.count <= c.columns {
      four.a.a = four.a.a + F.Wide(loading: x + i)
      i &+= F.Wide.count
    }
    var sum = four.sum
    while i < c.columns {
      sum += x[i]
      i &+= 1
    }
    out[row &* c.outStride] += sum
    row &+= 1
  }
}

/// Σ xᵢyᵢ: products and sums in Double, in lanes of a fixed number.
@inline(__always) func dot<F: Family>(_: F.Type, _ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ count: Int) -> Double {
  let x = x.assumingMemoryBound(to: F.Scalar.self)
  let y = y.assumingMemoryBound(to: F.Scalar.self)
  var (a, b) = (F.Sums(0), F.Sums(0))
  var i = 0
  while i &+ 2 &* F.Sums.count <= count {
    a = F.Sums.fma(F.widened(x + i), F.widened(y + i), a)
    b = F.Sums.fma(F.widened(x + (i &+ F.Sums.count)), F.widened(y + (i &+ F.Sums.count)), b)
    i &+= 2 &* F.Sums.count
  }
  var sum = (a + b).sum
  while i < count {
    sum += Double(x[i]) * Double(y[i])
    i &+= 1
  }
  return sum
}

/// Σ (xᵢ − yᵢ)² in Double.
@inline(__always) func squaredDistance<F: Family>(_: F.Type, _ x: UnsafeRawPointer, _ y: UnsafeRawPointer, _ count: Int) -> Double {
  let x = x.assumingMemoryBound(to: F.Scalar.self)
  let y = y.assumingMemoryBound(to: F.Scalar.self)
  var lanes = F.Sums(0)
  var i = 0
  while i &+ F.Sums.count <= count {
    let difference = F.widened(x + i) - F.widened(y + i)
    lanes = F.Sums.fma(difference, difference, lanes)
    i &+= F.Sums.count
  }
  var sum = lanes.sum
  while i < count {
    let difference = Double(x[i]) - Double(y[i])
    sum += difference * difference
    i &+= 1
  }
  return sum
}

/// Whether all numbers are finite: 0·x is 0 for those and NaN for the others.
@inline(__always) func allFinite<F: Family>(_: F.Type, _ x: UnsafeRawPointer, _ count: Int) -> Bool {
  let x = x.assumingMemoryBound(to: F.Scalar.self)
  let zero = F.Wide(0)
  var (a, b) = (zero, zero)
  var i = 0
  while i &+ 2 &* F.Wide.count <= count {
    a = F.Wide.fma(zero, F.Wide(loading: x + i), a)
    b = F.Wide.fma(zero, F.Wide(loading: x + (i &+ F.Wide.count)), b)
    i &+= 2 &* F.Wide.count
  }
  var sum = (a + b).sum
  while i < count {
    sum += 0 * x[i]
    i &+= 1
  }
  return sum == 0
}
