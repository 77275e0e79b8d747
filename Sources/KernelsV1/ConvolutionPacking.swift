import CKernels

/// Weights in the order in which a convolution reads them: for each group and block of outputs (`ConvolutionBlocks`), input channel, tap row and tap column ascending, one weight for each output of the block.
@inline(__always) func packWeights<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: PackingCall.self))
  let taps = c.pointee.inputs &* c.pointee.tapRows &* c.pointee.tapColumns
  var group = 0
  while group < c.pointee.groups {
    let weights = c.pointee.weights.assumingMemoryBound(to: F.Scalar.self) + group &* c.pointee.groupStride
    let packed = c.pointee.packed.assumingMemoryBound(to: F.Scalar.self) + group &* c.pointee.outputs &* taps
    var first = c.pointee.firstOutput
    while first < c.pointee.endOutput {
      let outputs = ConvolutionBlocks.outputs(c.pointee.outputs &- first)
      packBlock(F.self, c, weights + first &* c.pointee.outputStride, packed + first &* taps, outputs)
      first &+= outputs
    }
    group &+= 1
  }
}

/// The weights of one block of outputs. Outputs are the inner loop, so that each line of memory is written once; of the transpose it is also read once.
@inline(__always) private func packBlock<F: Family>(
  _: F.Type, _ c: UnsafePointer<PackingCall>, _ weights: UnsafePointer<F.Scalar>, _ packed: UnsafeMutablePointer<F.Scalar>, _ outputs: Int
) {
  let advance = c.pointee.outputStride
  var packed = packed
  var input = 0
  while input < c.pointee.inputs {
    var row = 0
    while row < c.pointee.tapRows {
      var tap = weights + (input &* c.pointee.inputStride &+ c.pointee.firstTap &+ row &* c.pointee.tapRowStep)
      var column = 0
      while column < c.pointee.tapColumns {
        var output = 0
        while output < outputs {
          packed[output] = tap[output &* advance]
          output &+= 1
        }
        packed += outputs
        tap += c.pointee.tapColumnStep
        column &+= 1
      }
      row &+= 1
    }
    input &+= 1
  }
}
