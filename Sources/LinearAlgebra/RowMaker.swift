/// Rows of features that no array holds: they are made when they are gathered, from the columns of a table or from a sparse matrix.
///
/// A `TensorView` of such rows goes wherever features go. What makes the rows has checked them before, so that making cannot fail.
package final class RowMaker: @unchecked Sendable {
  /// Writes rows, scaled, into the first columns of a tile, and zeros into its other columns.
  package typealias Gather = (_ rows: MadeRows, _ scaling: FeatureScaling?, _ tile: Block) -> Void

  /// A bound of the magnitudes of all numbers; infinite if rows that cannot be taken were left in.
  package let bound: Double
  private let gathering: Gather
  private let reading: (_ row: Int, _ column: Int) -> Double

  /// - Parameters:
  ///   - gather: called by any number of threads at once; it neither locks nor allocates.
  ///   - number: one number, for messages and single looks; it may take the time of a row.
  package init(bound: Double, gather: @escaping Gather, number: @escaping (_ row: Int, _ column: Int) -> Double) {
    (self.bound, gathering, reading) = (bound, gather, number)
  }

  func gather(_ rows: MadeRows, _ scaling: FeatureScaling?, into tile: Block) { gathering(rows, scaling, tile) }
  func number(_ row: Int, _ column: Int) -> Double { reading(row, column) }
}

/// The numbers of the rows to make.
package struct MadeRows {
  /// `count` numbers, to which `first` is added; nil for 0, 1, ….
  package let numbers: UnsafePointer<Int64>?
  package let first: Int
  package let count: Int

  @inlinable package func row(_ sample: Int) -> Int { first + (numbers.map { Int($0[sample]) } ?? sample) }
}

extension FeatureScaling {
  /// The scaling of some of the features.
  package func part(_ features: Range<Int>) -> FeatureScaling {
    FeatureScaling(shift: shift?[features], scale: scale?[features], narrow: narrow.map { ($0.shift[features], $0.scale[features]) })
  }
}
