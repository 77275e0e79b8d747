import CKernels

/// Weights in the order in which a convolution reads them: for each group and block of outputs (`ConvolutionBlocks`), input channel, tap row and tap column ascending, one weight for each output of the block.
@inline(__always) func packWeights<F: Family>(_: F.Type, _ call: UnsafeMutableRawPointer) {
  let c = UnsafePointer(call.assumingMemoryBound(to: PackingCall.self))
  let taps = c.pointee.inputs &* c.pointee.tapRows &* c.pointee.tapColumns
  var packed = c.pointee.packed.assumingMemoryBound(to: F.Scalar.self)
  var group = 0
  while group < c.pointee.groups {
    var first = 0
    while first < c.pointee.outputs {
      let outputs = ConvolutionBlocks.outputs(c.pointee.outputs &- first)
      var output = 0
      while output < outputs {
        let weights = c.pointee.weights.assumingMemoryBound(to: F.Scalar.self) + (group &* c.pointee.groupStride &+ (first &+ output) &* c.pointee.outputStride)
        packOutput(F.self, c, weights, packed + output, outputs)
        output &+= 1
      }
      packed += outputs &* taps
      first &+= outputs
    }
    group &+= 1
  }
}

@inline(__always) private func packOutput<F: Family>(
  _: F.Type, _ c: UnsafePointer<PackingCall>, _ weights: UnsafePointer<F.Scalar>, _ packed: UnsafeMutablePointer<F.Scalar>, _ advance: Int
) {
  var packed = packed
  var input = 0
  while input < c.pointee.inputs {
    var row = 0
    while row < c.pointee.tapRows {
      var tap = input &* c.pointee.inputStride &+ c.pointee.firstTap &+ row &* c.pointee.tapRowStep
      var column = 0
      while column < c.pointee.tapColumns {
        packed.pointee = weights[tap]
        packed += advance
        tap &+= c.pointee.tapColumnStep
        column &+= 1
      }
      row &+= 1
    }
    input &+= 1
  }
}
