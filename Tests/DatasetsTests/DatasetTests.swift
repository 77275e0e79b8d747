import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct DatasetTests {
  /// Features of 3 samples × 2, row-major.
  private let numbers: [Float] = [1, 2, 3, 4, 5, 6]

  private func withView<T, R>(_ array: [T], _ type: ElementType, rows: Int, columns: Int, _ body: (TensorView) throws -> R) rethrows -> R {
    try array.withUnsafeBytes { try body(TensorView($0.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped, type: type, rows: rows, columns: columns)) }
  }
  private func make(_ features: [Float], rows: Int, columns: Int, labels: [Double], classes: Int? = nil) throws -> Dataset {
    try withView(features, .float32, rows: rows, columns: columns) { view in
      try withView(labels, .float64, rows: labels.count, columns: 1) { try Dataset(copying: view, labels: $0, classes: classes) }
    }
  }
  private func element(_ view: TensorView, _ row: Int, _ column: Int) -> Float {
    view.base.load(fromByteOffset: (row * view.rowStride + column * view.columnStride) * 4, as: Float.self)
  }

  @Test func copiesFeaturesAndLabels() throws {
    let data = try make(numbers, rows: 3, columns: 2, labels: [0, 2, 1])
    #expect(data.count == 3 && data.featureCount == 2 && data.classCount == 3 && data.targetCount == 3)
    #expect(data.features.type == .float32)
    #expect((0..<3).map { element(data.features, $0, 1) } == [2, 4, 6])
    #expect((0..<3).map { data.labels?[$0] } == [0, 2, 1])
    #expect(data.values == nil)
  }

  /// The copy is dense whatever the strides: transposed, reversed, every other row, and large enough to need several blocks.
  @Test(arguments: [(5, 3), (130, 70)]) func copiesAnyStrides(rows: Int, columns: Int) throws {
    let memory = (0..<(4 * rows * columns)).map { Float($0) }
    let labels = [Double](repeating: 0, count: rows)
    try memory.withUnsafeBytes { bytes in
      let base = try #require(bytes.baseAddress)
      let last = base + 4 * (rows - 1) * columns
      let views = [
        TensorView(base, type: .float32, rows: rows, columns: columns, rowStride: 1, columnStride: rows),
        TensorView(base, type: .float32, rows: rows, columns: columns, rowStride: 2 * columns, columnStride: 1),
        TensorView(last, type: .float32, rows: rows, columns: columns, rowStride: -columns, columnStride: 1),
        TensorView(base, type: .float32, rows: rows, columns: columns, rowStride: 0, columnStride: 2),
      ]
      for view in views {
        let data = try withView(labels, .float64, rows: rows, columns: 1) { try Dataset(copying: view, labels: $0) }
        #expect(data.features.rowStride == columns && data.features.columnStride == 1)
        var equal = true
        for row in 0..<rows { for column in 0..<columns where element(data.features, row, column) != element(view, row, column) { equal = false } }
        #expect(equal, "row stride \(view.rowStride), column stride \(view.columnStride)")
      }
    }
  }

  @Test func bytesStayBytes() throws {
    let pixels: [UInt8] = [0, 255, 7, 8]
    let data = try withView(pixels, .uint8, rows: 2, columns: 2) { view in try withView([1, 0] as [UInt8], .uint8, rows: 2, columns: 1) { try Dataset(copying: view, labels: $0) } }
    #expect(data.features.type == .uint8)
    #expect((0..<4).map { data.features.base.load(fromByteOffset: $0, as: UInt8.self) } == pixels)
  }

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
    for label in [Int64.max, Int64.min, 1 << 40] {
      #expect(throws: Failure.self) {
        try withView(numbers, .float32, rows: 3, columns: 2) { view in try withView([0, label, 0], .int64, rows: 3, columns: 1) { try Dataset(copying: view, labels: $0) } }
      }
    }
  }

  @Test func badFeaturesAreNamedByRowAndColumn() {
    func with(_ value: Float) -> [Float] {
      var features = numbers
      features[3] = value
      return features
    }
    for (value, name) in [(Float.nan, "NaN"), (.infinity, "infinity"), (-.infinity, "-infinity")] {
      #expect(throws: Failure(.invalidData, "features hold \(name) at row 1, column 1; they must be finite")) {
        try make(with(value), rows: 3, columns: 2, labels: [0, 1, 0])
      }
    }
  }

  @Test func badShapesAreNamed() {
    func failure(_ rows: Int, _ columns: Int, _ labels: [Double]) -> String? {
      do {
        _ = try make(numbers, rows: rows, columns: columns, labels: labels)
        return nil
      } catch { return "\(error)" }
    }
    #expect(failure(0, 2, []) == "features hold 0 samples; at least 1 is needed")
    #expect(failure(3, 0, [0, 0, 0]) == "features hold 0 columns; at least 1 is needed")
    #expect(failure(3, 2, [0, 0]) == "labels hold 2 samples and features 3; they must be as many")
    #expect(throws: Failure(.shapeMismatch, "features: shape and strides do not fit the address space")) {
      try withView(numbers, .float32, rows: 3, columns: 2) { view in
        let far = TensorView(view.base, type: .float32, rows: 3, columns: 2, rowStride: Int.max / 2, columnStride: 1)
        _ = try withView([0, 0, 0] as [Double], .float64, rows: 3, columns: 1) { try Dataset(copying: far, labels: $0) }
      }
    }
    #expect(throws: Failure(.shapeMismatch, "labels have 2 columns; they must have 1, the number of the class")) {
      try withView(numbers, .float32, rows: 3, columns: 2) { try Dataset(copying: $0, labels: $0) }
    }
    #expect(throws: Failure(.outOfRange, "classes is 0; it must be between 1 and 2147483647")) { try make(numbers, rows: 3, columns: 2, labels: [0, 0, 0], classes: 0) }
  }

  @Test func valuesAsTargets() throws {
    let data = try withView(numbers, .float32, rows: 3, columns: 2) { view in
      try withView([1, 2, 3] as [Double], .float64, rows: 3, columns: 1) { try Dataset(copying: view, values: $0) }
    }
    #expect(data.labels == nil && data.classCount == 0 && data.targetCount == 1)
    #expect(data.values?.base.load(fromByteOffset: 16, as: Double.self) == 3)
    #expect(throws: Failure(.incompatible, "the data set holds target values; class labels are needed")) { try data.requireLabels(below: 3) }
    withView(numbers, .float32, rows: 3, columns: 2) { view in
      withView([1, .nan, 3] as [Double], .float64, rows: 3, columns: 1) { values in
        #expect(throws: Failure(.invalidData, "targets hold NaN at row 1, column 0; they must be finite")) { try Dataset(copying: view, values: values) }
        #expect(throws: Failure(.shapeMismatch, "targets hold 2 samples and features 3; they must be as many")) {
          try Dataset(copying: view, values: values.rows(0..<2))
        }
      }
    }
  }

  @Test func slicesShareMemoryAndKeepTheClasses() throws {
    let data = try make(numbers, rows: 3, columns: 2, labels: [2, 0, 1])
    let slice = try data.slice(start: 1, count: 2)
    #expect(slice.features.base == data.features.base + 8)
    #expect(slice.count == 2 && slice.classCount == 3)
    #expect(slice.labels?[0] == 0 && slice.labels?[1] == 1)
    #expect(try slice.prefix(1).labels?[0] == 0)
    #expect(try slice.slice(start: 1, count: 1).labels?[0] == 1)
    for (start, count) in [(-1, 1), (3, 1), (2, 2), (0, Int.max), (Int.max, 1)] {
      #expect(throws: Failure(.outOfRange, "start is \(start) and count \(count); the data set has samples 0 … 2")) { try data.slice(start: start, count: count) }
    }
    #expect(throws: Failure(.outOfRange, "count is 0; it must be >= 1")) { try data.prefix(0) }
  }

  @Test func labelsAreCheckedAgainstANetwork() throws {
    let data = try make(numbers, rows: 3, columns: 2, labels: [2, 0, 7])
    #expect(throws: Never.self) { try data.requireLabels(below: 8) }
    #expect(throws: Failure(.invalidData, "label 7 at row 2; labels must be whole numbers 0 … 4")) { try data.requireLabels(below: 5) }
    // A slice without the offending row passes.
    #expect(throws: Never.self) { try data.prefix(2).requireLabels(below: 5) }
  }

  @Test func borrowedMemoryIsReleasedOnceAfterTheLastSlice() throws {
    let released = Counter()
    try withView(numbers, .float32, rows: 3, columns: 2) { view in
      try withView([0, 1, 1] as [Double], .float64, rows: 3, columns: 1) { labels in
        var slice: Dataset?
        do {
          let data = try Dataset(retaining: view, labels: labels) { released.value += 1 }
          #expect(data.features.base == view.base)
          slice = try data.slice(start: 1, count: 2)
        }
        #expect(released.value == 0)
        #expect(slice?.labels?[0] == 1)
        slice = nil
        #expect(released.value == 1)
        _ = try Dataset(retaining: view, values: view) { released.value += 1 }
        #expect(released.value == 2)
        // A refused data set leaves the memory to the caller.
        #expect(throws: Failure.self) { try Dataset(retaining: view, labels: labels, classes: 1) { released.value += 1 } }
        #expect(released.value == 2)
      }
    }
  }
}

private final class Counter { var value = 0 }
