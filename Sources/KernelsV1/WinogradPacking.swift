import CKernels

/// The transformed weights G g Gᵀ of F(2×2, 3×3) for each group: row of the element, block of four outputs, column of the element, input, output in the block.
///
/// Row 3 and column 3 have the opposite sign, so that the output transform adds everywhere it meets them.
@inline(__always) func packWinograd<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: PackingCall.self))
  let outputs = sode_winograd_outputs(c.pointee.outputs)
  let element = outputs &* c.pointee.inputs
  var group = 0
  while group < c.pointee.groups {
    let packed = c.pointee.packed.assumingMemoryBound(to: F.Scalar.self) + group &* 16 &* element
    // The four outputs of a block are the inner loop, because their transformed weights lie beside one another.
    var block = c.pointee.firstOutput
    while block < c.pointee.endOutput {
      var input = 0
      while input < c.pointee.inputs {
        var to = packed + 4 &* (block &* c.pointee.inputs &+ input)
        var output = block
        while output < block &+ 4 {
          if output < c.pointee.outputs {
            let from = group &* c.pointee.groupStride &+ output &* c.pointee.outputStride &+ input &* c.pointee.inputStride
            transform(c, c.pointee.weights.assumingMemoryBound(to: F.Scalar.self) + from, to, row: 4 &* element, column: 4 &* c.pointee.inputs)
          } else {
            clear(to, row: 4 &* element, column: 4 &* c.pointee.inputs)
          }
          to += 1
          output &+= 1
        }
        input &+= 1
      }
      block &+= 4
    }
    group &+= 1
  }
}

@inline(__always) private func clear<S: KernelScalar>(_ to: UnsafeMutablePointer<S>, row: Int, column: Int) {
  var i = 0
  while i < 16 {
    to[i / 4 &* row &+ i % 4 &* column] = 0
    i &+= 1
  }
}

@inline(__always) private func transform<S: KernelScalar>(
  _ c: UnsafePointer<PackingCall>, _ weights: UnsafePointer<S>, _ to: UnsafeMutablePointer<S>, row: Int, column: Int
) {
  let (down, across) = (c.pointee.tapRowStep, c.pointee.tapColumnStep)
  let tap = weights + c.pointee.firstTap
  let a = transform(tap[0], tap[down], tap[2 &* down])
  let b = transform(tap[across], tap[across &+ down], tap[across &+ 2 &* down])
  let d = transform(tap[2 &* across], tap[2 &* across &+ down], tap[2 &* across &+ 2 &* down])
  store(transform(a.0, b.0, d.0), to, column)
  store(transform(a.1, b.1, d.1), to + row, column)
  store(transform(a.2, b.2, d.2), to + 2 &* row, column)
  store(transform(a.3, b.3, d.3), to + 3 &* row, column)
}

/// G times a column of three.
@inline(__always) private func transform<S: KernelScalar>(_ x: S, _ y: S, _ z: S) -> (S, S, S, S) { (x, S(0.5) * ((x + z) + y), S(0.5) * ((x + z) - y), -z) }

@inline(__always) private func store<S: KernelScalar>(_ row: (S, S, S, S), _ to: UnsafeMutablePointer<S>, _ column: Int) {
  to[0] = row.0
  to[column] = row.1
  to[2 &* column] = row.2
  to[3 &* column] = row.3
}
