import Datasets
import LinearAlgebra
import Networks
import Settings

/// Memory for a fixed number of samples, into whose places samples of later batches are copied.
final class SampleBuffer {
  let capacity: Int
  private let type: ElementType
  private let columns: Int
  private let valueCount: Int
  private let features: Buffer
  /// Labels, or values in float64.
  private let targets: Buffer
  /// The weights of the samples, float64; nil if batches have none.
  private let weights: Buffer?

  /// A buffer for samples like those of a batch in the form that the network takes.
  /// - Throws: `memory`.
  init(capacity: Int, like batch: Dataset) throws(Failure) {
    self.capacity = capacity
    (type, columns, valueCount) = (batch.features.type, batch.features.columns, batch.values?.columns ?? 0)
    let (numbers, overflow) = capacity.multipliedReportingOverflow(by: columns)
    let (bytes, tooLarge) = numbers.multipliedReportingOverflow(by: type.byteCount)
    features = try Buffer(byteCount: overflow || tooLarge ? -1 : bytes)
    let (values, valueOverflow) = capacity.multipliedReportingOverflow(by: max(valueCount, 1))
    targets = try Buffer(count: valueOverflow ? Int.max : values, precision: valueCount == 0 ? .float32 : .float64)
    weights = batch.weights == nil ? nil : try Buffer(count: capacity, precision: .float64)
  }

  /// The places as samples of a data set; those that no sample has been copied to hold zeros.
  func dataset(count: Int, classes: Int, columns record: ColumnRecord?) -> Dataset {
    Dataset(
      buffered: TensorView(features.base, type: type, rows: count, columns: columns), labels: valueCount == 0 ? UnsafePointer(targets.labels(count: capacity)) : nil,
      values: valueCount == 0 ? nil : TensorView(targets.base, type: .float64, rows: count, columns: valueCount), classCount: classes,
      weights: weights?.vector(count: count, precision: .float64), mayMiss: valueCount > 1, columns: record, owners: [features, targets] + (weights.map { [$0] } ?? []))
  }

  /// - Throws: `incompatible` for samples of another type or number of targets than the first.
  func requireLikeness(of batch: Dataset) throws(Failure) {
    guard batch.features.type == type else { throw Failure(.incompatible, "its features are \(batch.features.type.name), those of the first batch \(type.name); all batches must have the same type") }
    guard batch.values?.columns ?? 0 == valueCount else { throw Failure(.incompatible, "its targets are of another kind than those of the first batch") }
    guard (batch.weights == nil) == (weights == nil) else { throw Failure(.incompatible, "it has \(weights == nil ? "" : "no ")weights of its samples, and the first batch has \(weights == nil ? "none" : "some"); all batches must have weights, or none") }
  }

  /// The samples that are copied between two questions to the watch.
  var samplesOfPiece: Int { max(1, Watch.pieceLength / (columns + valueCount + 16)) }

  /// Copies rows of a batch, from `start` on, to the given places. Places that follow one another take their rows in one piece.
  func put(_ batch: Dataset, start: Int, into places: UnsafeBufferPointer<Int64>) {
    var index = 0
    while index < places.count {
      let (row, place) = (start + index, Int(places[index]))
      var length = 1
      while index + length < places.count, Int(places[index + length]) == place + length { length += 1 }
      copy(batch.features.rows(row..<row + length), into: MutableTensorView(features.base + place * columns * type.byteCount, type: type, rows: length, columns: columns))
      if let own = batch.weights, let weights { copy(own[row..<row + length], into: weights.vector(count: capacity, precision: .float64)[place..<place + length]) }
      if let labels = batch.labels {
        targets.labels(count: capacity).advanced(by: place).update(from: labels + row, count: length)
      } else if let values = batch.values {
        copy(values.rows(row..<row + length), into: MutableTensorView(targets.base + place * valueCount * 8, type: .float64, rows: length, columns: valueCount))
      }
      index += length
    }
  }
}
