import Datasets
import LinearAlgebra

/// Features of 3 samples × 2, row-major.
let numbers: [Float] = [1, 2, 3, 4, 5, 6]

/// The array as a dense view.
func withView<T, R>(_ array: [T], _ type: ElementType, rows: Int, columns: Int, _ body: (TensorView) throws -> R) rethrows -> R {
  try array.withUnsafeBytes { try body(TensorView($0.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped, type: type, rows: rows, columns: columns)) }
}
/// A data set of Float features and Double labels.
func make(_ features: [Float], rows: Int, columns: Int, labels: [Double], classes: Int? = nil) throws -> Dataset {
  try withView(features, .float32, rows: rows, columns: columns) { view in
    try withView(labels, .float64, rows: labels.count, columns: 1) { try Dataset(copying: view, labels: $0, classes: classes) }
  }
}
/// A Float of a view.
func element(_ view: TensorView, _ row: Int, _ column: Int) -> Float {
  view.base.load(fromByteOffset: (row * view.rowStride + view.offset(ofColumn: column)) * 4, as: Float.self)
}
