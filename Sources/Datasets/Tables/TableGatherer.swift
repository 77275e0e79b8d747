import LinearAlgebra

/// Makes rows of features from the columns of a table. Nothing is locked or allocated: a few samples at a time pass through the stack.
struct TableGatherer {
  let batches: [Table.Batch]
  let columns: [EncodedColumn]
  /// Whether all columns together are float64, so that each is scaled in this type, as it would be in an array of them.
  let isWide: Bool

  /// The samples that are made at once.
  private static let group = 64

  /// Writes rows, scaled, to the first columns of a tile, and zeros to its other columns.
  func gather(_ rows: MadeRows, _ scaling: FeatureScaling?, into tile: Block) {
    var sample = 0
    while sample < rows.count {
      // Rows that follow one another in one batch are read where they lie.
      let first = rows.row(sample)
      let batch = batchIndex(of: first)
      let local = first - batches[batch].firstRow
      if rows.numbers == nil {
        let count = min(rows.count - sample, batches[batch].count - local)
        gather(batch, first: local, numbers: nil, sample: sample, count: count, scaling, tile)
        sample += count
      } else if batches.count == 1, let numbers = rows.numbers, rows.first == 0 {
        gather(0, first: 0, numbers: numbers, sample: 0, count: rows.count, scaling, tile)
        sample = rows.count
      } else {
        gather(batch, first: local, numbers: nil, sample: sample, count: 1, scaling, tile)
        sample += 1
      }
    }
    guard tile.columns > rows.count else { return }
    for feature in 0..<tile.rows {
      fill(Vector(tile.base + (feature * tile.stride + rows.count) * tile.precision.byteCount, count: tile.columns - rows.count, precision: tile.precision), 0)
    }
  }

  /// Rows of one batch: first …, or first + numbers[0] ….
  private func gather(_ batch: Int, first: Int, numbers: UnsafePointer<Int64>?, sample: Int, count: Int, _ scaling: FeatureScaling?, _ tile: Block) {
    let (parts, firstRow) = (batches[batch].parts, batches[batch].firstRow)
    var feature = 0
    for column in columns {
      let part = parts[column.column]
      if column.codes == nil, !column.hasIndicator, column.isComplete || column.substitute.isNaN, let plain = part.plain {
        let view = TensorView(plain.base, type: plain.type, rows: part.count, columns: 1)
        put(view, numbers, first, count, feature, sample, scaling, tile)
      } else {
        var start = 0
        while start < count {
          let size = min(Self.group, count - start)
          for own in 0..<column.features {
            withUnsafeTemporaryAllocation(of: Double.self, capacity: Self.group) { memory in
              guard let base = memory.baseAddress else { return }
              for index in 0..<size {
                let row = first + (numbers.map { Int($0[start + index]) } ?? start + index)
                base[index] = column.number(part, row, in: firstRow, feature: own)
              }
              put(TensorView(UnsafeRawPointer(base), type: .float64, rows: size, columns: 1), nil, 0, size, feature + own, sample + start, scaling, tile)
            }
          }
          start += size
        }
      }
      feature += column.features
    }
  }

  /// Writes numbers to a row of the tile.
  private func put(_ numbers: TensorView, _ rows: UnsafePointer<Int64>?, _ start: Int, _ count: Int, _ feature: Int, _ sample: Int, _ scaling: FeatureScaling?, _ tile: Block) {
    let scaling = scaling?.part(feature..<feature + 1)
    LinearAlgebra.gather(
      numbers, rows: rows, start: start, count: count, scaling: isWide ? scaling.map { FeatureScaling(shift: $0.shift, scale: $0.scale) } : scaling,
      into: Block(tile.base + (feature * tile.stride + sample) * tile.precision.byteCount, rows: 1, columns: count, stride: tile.stride, precision: tile.precision))
  }

  /// One number, for messages and single looks: it takes the time of a row.
  func number(_ row: Int, _ feature: Int) -> Double {
    let batch = batches[batchIndex(of: row)]
    var first = 0
    for column in columns {
      if feature < first + column.features { return column.number(batch.parts[column.column], row - batch.firstRow, in: batch.firstRow, feature: feature - first) }
      first += column.features
    }
    return .nan
  }

  /// The batch that a row lies in, by bisection.
  private func batchIndex(of row: Int) -> Int {
    var (low, high) = (0, batches.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if batches[middle].firstRow <= row { low = middle } else { high = middle }
    }
    return low
  }
}

extension EncodedColumn {
  /// One of the numbers that a cell becomes; NaN if the cell cannot be taken.
  fileprivate func number(_ part: ColumnPart, _ row: Int, in firstRow: Int, feature: Int) -> Double {
    guard let codes else {
      let number = part.number(row)
      let isMissing = number.isNaN
      if hasIndicator, feature == 1 { return isMissing ? 1 : 0 }
      return isMissing ? substitute : number
    }
    let code = codes.codes[firstRow + row]
    if hasIndicator, feature == features - 1 { return code == CategoryCodes.missing ? 1 : 0 }
    if code == CategoryCodes.missing { return substitute.isNaN ? .nan : 0 }
    if code == CategoryCodes.unseen { return unseenIsError ? .nan : 0 }
    return Int(code) == feature ? 1 : 0
  }
}
