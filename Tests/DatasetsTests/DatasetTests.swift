import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct DatasetTests {
  @Test func copiesFeaturesAndLabels() throws {
    let data = try make(numbers, rows: 3, columns: 2, labels: [0, 2, 1])
    #expect(data.count == 3 && data.featureCount == 2 && data.classCount == 3 && data.targetCount == 3)
    #expect(data.features.type == .float32)
    #expect((0..<3).map { element(data.features, $0, 1) } == [2, 4, 6])
    #expect((0..<3).map { data.labels?[$0] } == [0, 2, 1])
    #expect(data.values == nil)
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
    #expect(failure(3, 2, [0, 0]) == "labels hold 2 samples and features 3; both must have the same number")
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

  /// Whether one number per sample is a label or a value depends on the loss. Values that are read from labels share their memory.
  @Test(arguments: [([0, 2, 1], true), ([0.125, 2, 1], false), ([-1, 2, 1], false), ([0, 2, 3e9], false)] as [([Double], Bool)])
  func oneNumberASample(_ given: [Double], _ areLabels: Bool) throws {
    let made = try withView(numbers, .float32, rows: 3, columns: 2) { view in
      try withView(given, .float64, rows: 3, columns: 1) {
        [try Dataset(copying: view, column: $0), try Dataset(retaining: view, column: $0, release: {})]
      }
    }
    for data in made {
      #expect((data.labels != nil) == areLabels && (data.values == nil) == areLabels)
      let values = data.readAsValues
      #expect(values.labels == nil && values.targetCount == 1 && values.count == 3)
    }
    let copied = try #require(made[0].readAsValues.values)
    #expect((0..<3).map { row in
      let address = copied.base + row * copied.rowStride * copied.type.byteCount
      return copied.type == .int32 ? Double(address.load(as: Int32.self)) : address.load(as: Double.self)
    } == given)
    if !areLabels {
      #expect { try made[0].requireLabels(below: 3) } throws: { ($0 as? Failure)?.message.hasSuffix("labels must be whole numbers 0 … 2") == true }
    }
  }

  @Test func valuesAsTargets() throws {
    let data = try withView(numbers, .float32, rows: 3, columns: 2) { view in
      try withView([1, 2, 3] as [Double], .float64, rows: 3, columns: 1) { try Dataset(copying: view, values: $0) }
    }
    #expect(data.labels == nil && data.classCount == 0 && data.targetCount == 1)
    #expect(data.values?.base.load(fromByteOffset: 16, as: Double.self) == 3)
    // Integers in a matrix are refused because of the shape; a number that is not a class is refused itself.
    #expect(throws: Failure(.incompatible, "targets have shape [3, 1]; class labels have shape [3], whole numbers 0 … 3")) { try data.requireLabels(below: 4) }
    #expect(throws: Failure(.invalidData, "label 3 at row 2; labels must be whole numbers 0 … 2")) { try data.requireLabels(below: 3) }
    withView(numbers, .float32, rows: 3, columns: 2) { view in
      withView([1, .nan, 3] as [Double], .float64, rows: 3, columns: 1) { values in
        #expect(throws: Failure(.invalidData, "targets hold NaN at row 1, column 0; they must be finite")) { try Dataset(copying: view, values: values) }
        #expect(throws: Failure(.shapeMismatch, "targets hold 2 samples and features 3; both must have the same number")) {
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
    // A slice without the wrong row is accepted.
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
        // If a data set is refused, the caller keeps the memory.
        #expect(throws: Failure(.invalidData, "label 1 at row 1; labels must be whole numbers 0 … 0")) {
          try Dataset(retaining: view, labels: labels, classes: 1) { released.value += 1 }
        }
        #expect(released.value == 2)
      }
    }
  }

  /// Scaled targets must be held as they enter the network: neither the numbers themselves nor a bound that is too large decides.
  @Test func scaledValuesAreCheckedAsTheyEnter() throws {
    let memory = try Buffer(count: 4, precision: .float64)
    let (shift, scale) = (memory.vector(count: 2, precision: .float64), memory.vector(count: 2, precision: .float64, offset: 16))
    func failure(_ values: [Double], _ shifts: [Double], _ scales: [Double], bound: Double = .infinity, _ precision: Precision) throws -> String? {
      for index in 0..<2 {
        shift.store(shifts[index], at: index)
        scale.store(scales[index], at: index)
      }
      let data = try withView(numbers, .float32, rows: 3, columns: 2) { features in
        try withView(values, .float64, rows: 3, columns: 2) { try Dataset(copying: features, values: $0) }
      }
      do throws(Failure) {
        try data.requireValues(heldBy: precision, entering: (FeatureScaling(shift: shift, scale: scale), bound))
        return nil
      } catch {
        #expect(error.status == .invalidData)
        return error.message
      }
    }
    // Each number is small or large, and 1 once it is scaled.
    let mixed = [1e100, 2e-60, 3e100, 4e-60, 5e100, 6e-60]
    #expect(try failure(mixed, [0, 0], [1e-100, 1e60], .float32) == nil)
    #expect(try failure(mixed, [0, 0], [1e-100, 1e100], .float32) == "targets hold 2e-60 at row 0, column 1, which is too large for float32 once it is scaled")
    #expect(try failure(mixed, [0, 0], [1e-100, 1e100], .float64) == nil)
    // float32 holds 1e30 and not 1e50; float64 holds 1e300 and not 1e330.
    let one = [0, 1e30, 0, 0, 0, 0.0]
    #expect(try failure(one, [0, 0], [1, 1e20], .float32) == "targets hold 1e+30 at row 0, column 1, which is too large for float32 once it is scaled")
    #expect(try failure(one, [0, 1e30], [1, 1e20], .float32)?.hasPrefix("targets hold 0.0 at row 1, column 1") == true)
    #expect(try failure(one, [0, 0], [1, 1e300], .float64) == "targets hold 1e+30 at row 0, column 1, which is too large for float64 once it is scaled")
    #expect(try failure([3e38, 0, -3e38, 0, 0, 0], [0, 0], [1, 1], .float32) == nil)
    #expect(try failure([3e38, 0, -3e38, 0, 0, 0], [-1e38, 0], [1, 1], .float32)?.hasPrefix("targets hold 3e+38 at row 0, column 0") == true)
    // Within the bound no number is looked at.
    #expect(try failure(one, [0, 0], [1, 1e20], bound: 1, .float32) == nil)
    withExtendedLifetime(memory) {}
  }
}

private final class Counter { var value = 0 }
