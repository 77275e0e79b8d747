import CKernels

/// All layers of a network on one sample in one call: a layer then costs its multiply-adds and its activation, without a call.
///
/// Each map is `affineOne`, so the bits are those of single calls.
@inline(__always) func affineChain<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = call.assumingMemoryBound(to: AffineChainCall.self)
  var layer = 0
  while layer < c.pointee.layers {
    oneMap(F.self, c, second: false)
    if c.pointee.two { oneMap(F.self, c, second: true) }
    if c.pointee.exchanges {
      let out = c.pointee.first.out
      c.pointee.first.out = UnsafeMutableRawPointer(mutating: c.pointee.first.x)
      c.pointee.first.x = UnsafeRawPointer(out)
      c.pointee.first.base = UnsafeRawPointer(out)
    }
    layer &+= 1
  }
}

@inline(__always) private func oneMap<F: Family>(_: F.Type, _ c: UnsafeMutablePointer<AffineChainCall>, second: Bool) {
  if second {
    withUnsafeMutablePointer(to: &c.pointee.second) { affineOne(F.self, UnsafeMutableRawPointer($0)) }
    c.pointee.second.weights += c.pointee.secondWeightAdvance
    if let bias = c.pointee.second.bias { c.pointee.second.bias = bias + c.pointee.secondBiasAdvance }
  } else {
    withUnsafeMutablePointer(to: &c.pointee.first) { affineOne(F.self, UnsafeMutableRawPointer($0)) }
    c.pointee.first.weights += c.pointee.firstWeightAdvance
    if let bias = c.pointee.first.bias { c.pointee.first.bias = bias + c.pointee.firstBiasAdvance }
  }
}
