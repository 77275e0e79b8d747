import CKernels

/// out = base + scale·σ(W x + bias) for one sample: lanes are outputs, k ascending as in the tile, so the bits are the tile's.
///
/// Fast when the outputs of one input are neighbors in memory (`rowStride` 1); other weights are loaded number by number.
@inline(__always) func affineOne<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: AffineCall.self))
  sumIsWhole(c) && c.pointee.base != nil ? startedSample(F.self, c) : oneSample(F.self, c)
}

/// As in the tile, the sums start from the base, which takes the place of a bias.
@inline(never) private func startedSample<F: Family>(_: F.Type, _ c: UnsafePointer<AffineCall>) {
  var started = c.pointee
  (started.bias, started.biasStride, started.base) = (started.base, 1, nil)
  withUnsafePointer(to: &started) { oneSample(F.self, $0) }
}

@inline(__always) private func oneSample<F: Family>(_: F.Type, _ c: UnsafePointer<AffineCall>) {
  let rows = c.pointee.outputs
  var sums = F.Step1(0)
  withUnsafeMutablePointer(to: &sums) {
    let sums = UnsafeMutableRawPointer($0).assumingMemoryBound(to: F.Scalar.self)
    var first = 0
    while first < rows {
      let end = first &+ F.Step1.count < rows ? first &+ F.Step1.count : rows
      products(F.self, c, first, end, sums)
      finish(F.self, c, first, end, sums)
      first = end
    }
  }
}

/// W x + bias for the outputs `first` ..< `end`, at most as many as the buffer of sums holds.
@inline(__always) private func products<F: Family>(_: F.Type, _ c: UnsafePointer<AffineCall>, _ first: Int, _ end: Int, _ sums: UnsafeMutablePointer<F.Scalar>) {
  var row = first
  if c.pointee.rowStride == 1 {
    if row &+ F.Step1.count <= end { row = neighbors(F.Step1.self, c, row, sums + (row &- first)) }
    if row &+ F.Step2.count <= end { row = neighbors(F.Step2.self, c, row, sums + (row &- first)) }
    if row &+ F.Step3.count <= end { row = neighbors(F.Step3.self, c, row, sums + (row &- first)) }
    if row &+ F.Step4.count <= end { row = neighbors(F.Step4.self, c, row, sums + (row &- first)) }
    if row &+ F.Step5.count <= end { row = neighbors(F.Step5.self, c, row, sums + (row &- first)) }
  } else {
    while row &+ F.Step5.count <= end { row = collected(F.Step5.self, c, row, sums + (row &- first)) }
  }
  while row < end { row = collected(F.One.self, c, row, sums + (row &- first)) }
}

@inline(__always) private func neighbors<L: Lanes>(_: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ sums: UnsafeMutablePointer<L.Scalar>) -> Int {
  typealias S = L.Scalar
  var sum = start(L.self, c, row)
  var w = c.pointee.weights.assumingMemoryBound(to: S.self) + row
  var x = c.pointee.x.assumingMemoryBound(to: S.self)
  let across = c.pointee.columnStride
  var k = c.pointee.inputs
  while k > 0 {
    sum = L.fma(L(loading: w), L(x.pointee), sum)
    w += across
    x += 1
    k &-= 1
  }
  sum.store(sums)
  return row &+ L.count
}

@inline(__always) private func collected<L: Lanes>(_: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ sums: UnsafeMutablePointer<L.Scalar>) -> Int {
  typealias S = L.Scalar
  var sum = start(L.self, c, row)
  let down = c.pointee.rowStride
  let across = c.pointee.columnStride
  var w = c.pointee.weights.assumingMemoryBound(to: S.self) + row &* down
  var x = c.pointee.x.assumingMemoryBound(to: S.self)
  var k = c.pointee.inputs
  while k > 0 {
    sum = L.fma(L(loading: w, stride: down), L(x.pointee), sum)
    w += across
    x += 1
    k &-= 1
  }
  sum.store(sums)
  return row &+ L.count
}

@inline(__always) private func start<L: Lanes>(_: L.Type, _ c: UnsafePointer<AffineCall>, _ row: Int) -> L {
  guard let bias = c.pointee.bias?.assumingMemoryBound(to: L.Scalar.self) else { return L(0) }
  let stride = c.pointee.biasStride
  return stride == 0 ? L(bias.pointee) : stride == 1 ? L(loading: bias + row) : L(loading: bias + row &* stride, stride: stride)
}

@inline(__always) private func finish<F: Family>(_: F.Type, _ c: UnsafePointer<AffineCall>, _ first: Int, _ end: Int, _ sums: UnsafePointer<F.Scalar>) {
  withActivation(c.pointee.activation, Finish<F>(call: c, first: first, end: end, sums: sums))
}

private struct Finish<F: Family>: ActivationWork {
  let call: UnsafePointer<AffineCall>
  let first: Int
  let end: Int
  let sums: UnsafePointer<F.Scalar>
  @inline(__always) func run<A: ActivationKernel>(_: A.Type) {
    typealias S = F.Scalar
    if A.isFused { return finish(F.self, A.self, call, first, end, sums) }
    let c = call.pointee
    activateRow(
      F.self, A.self, sums, c.scale, c.base.map { $0.assumingMemoryBound(to: S.self) + first }, c.out.assumingMemoryBound(to: S.self) + first,
      c.slope.map { $0.assumingMemoryBound(to: S.self) + first }, end &- first)
  }
}

@inline(__always) private func finish<F: Family, A: ActivationKernel>(
  _: F.Type, _: A.Type, _ c: UnsafePointer<AffineCall>, _ first: Int, _ end: Int, _ sums: UnsafePointer<F.Scalar>
) {
  var row = first
  while row &+ F.Wide.count <= end { row = update(F.Wide.self, A.self, c, row, sums + (row &- first)) }
  while row &+ F.Step4.count <= end { row = update(F.Step4.self, A.self, c, row, sums + (row &- first)) }
  while row &+ F.Step5.count <= end { row = update(F.Step5.self, A.self, c, row, sums + (row &- first)) }
  while row < end { row = update(F.One.self, A.self, c, row, sums + (row &- first)) }
}

@inline(__always) private func update<A: ActivationKernel, L: Lanes>(_: L.Type, _: A.Type, _ c: UnsafePointer<AffineCall>, _ row: Int, _ sums: UnsafePointer<L.Scalar>) -> Int {
  typealias S = L.Scalar
  let base = c.pointee.base.map { L(loading: $0.assumingMemoryBound(to: S.self) + row) } ?? L(0)
  let (value, derivative) = A.valueAndSlope(L(loading: sums))
  if let slope = c.pointee.slope { derivative.store(slope.assumingMemoryBound(to: S.self) + row) }
  L.fma(L(S(c.pointee.scale)), value, base).store(c.pointee.out.assumingMemoryBound(to: S.self) + row)
  return row &+ L.count
}
