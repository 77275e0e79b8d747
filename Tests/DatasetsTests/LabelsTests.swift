import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct LabelsTests {
  @Test func labelsOfEveryType() throws {
    func check<T>(_ labels: [T], _ type: ElementType) throws {
      let data = try withView(numbers, .float32, rows: 3, columns: 2) { view in try withView(labels, type, rows: 3, columns: 1) { try Dataset(copying: view, labels: $0) } }
      #expect((0..<3).map { data.labels?[$0] } == [4, 0, 1], "\(type)")
    }
    try check([4, 0, 1] as [UInt8], .uint8)
    try check([4, 0, 1] as [Int8], .int8)
    try check([4, 0, 1] as [Int32], .int32)
    try check([4, 0, 1] as [Int64], .int64)
    try check([4, 0, 1] as [Float], .float32)
    try check([4, 0, 1] as [Double], .float64)
  }

  @Test(arguments: [
    (-1, "label -1 at row 1; labels must be whole numbers 0 … 9"), (10, "label 10 at row 1; labels must be whole numbers 0 … 9"),
    (1.5, "label 1.5 at row 1; labels must be whole numbers 0 … 9"), (.nan, "label nan at row 1; labels must be whole numbers 0 … 9"),
    (-.infinity, "label -inf at row 1; labels must be whole numbers 0 … 9"), (1e300, "label 1e+300 at row 1; labels must be whole numbers 0 … 9"),
  ] as [(Double, String)])
  func badLabelsAreNamed(label: Double, message: String) {
    #expect(throws: Failure(.invalidData, message)) { try make(numbers, rows: 3, columns: 2, labels: [9, label, 0], classes: 10) }
  }

  @Test func hugeIntegerLabelsAreOutOfRange() {
    for (label, shown) in [(Int64.max, "9.223372036854776e+18"), (.min, "-9.223372036854776e+18"), (1 << 40, "1099511627776")] {
      #expect(throws: Failure(.invalidData, "label \(shown) at row 1; labels must be whole numbers 0 … 2147483646")) {
        try withView(numbers, .float32, rows: 3, columns: 2) { view in try withView([0, label, 0], .int64, rows: 3, columns: 1) { try Dataset(copying: view, labels: $0) } }
      }
    }
  }
}
