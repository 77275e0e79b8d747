/// Where the parts of a call's scratch memory begin, in bytes; the places of the taps come first.
struct ConvolutionScratch {
  /// The columns of a tile are taken in lots of as many.
  let lanes: Int
  let plane: Int
  /// One sample: the sums of one group's outputs on the grid. With a fold, the sums of a row.
  let sums: Int
  let unfolded: Int
  let byteCount: Int
  /// The gradient's copy of the left operand, in place of the sums.
  let left: Int
  let gradientByteCount: Int
  let leftRows: Int
  let leftColumns: Int

  init(_ plan: ConvolutionPlan, columns: Int, precision: Precision) {
    func lines(_ count: Int) -> Int { (count * precision.byteCount + 63) & ~63 }
    let geometry = plan.geometry
    lanes = columns == 1 ? 1 : Block.quantum
    plane = (plan.inputs * geometry.taps * 8 + 63) & ~63
    sums = plane + lines(plan.planeCount(lanes))
    let row = plan.folds ? geometry.horizontal.input * lanes : 0
    let grid = lanes == 1 ? (plan.outputs + 1) * (plan.phaseHeight * plan.phaseWidth + 32) : 0
    unfolded = sums + lines(max(row, grid))
    byteCount = unfolded + (plan.folds ? lines(geometry.inputChannels * plan.resultPixels * lanes) : 0)
    left = sums
    let copy = geometry.outputChannels * Self.leftRows(geometry, plan, lanes) * Self.leftColumns(geometry, plan, lanes) * lanes
    gradientByteCount = left + lines(copy + 64)
    (leftRows, leftColumns) = (Self.leftRows(geometry, plan, lanes), Self.leftColumns(geometry, plan, lanes))
  }

  // For one sample the rows are as long as the plane's, and behind the last one follow at least 16 zeros.
  private static func leftColumns(_ geometry: ConvolutionGeometry, _ plan: ConvolutionPlan, _ lanes: Int) -> Int { lanes == 1 ? plan.phaseWidth : geometry.horizontal.output }
  private static func leftRows(_ geometry: ConvolutionGeometry, _ plan: ConvolutionPlan, _ lanes: Int) -> Int {
    geometry.vertical.output + (lanes == 1 ? 15 / plan.phaseWidth + 1 : 0)
  }
}
