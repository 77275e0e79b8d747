import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct FoldsTests {
  /// 23 weighted samples, identified by their first feature; the class counts are 12, 7 and 4.
  private func data() throws -> Dataset {
    let labels = Array(repeating: 0.0, count: 12) + Array(repeating: 1, count: 7) + Array(repeating: 2, count: 4)
    let whole = try make((0..<46).map { Float($0 / 2 + 100 * ($0 % 2)) }, rows: 23, columns: 2, labels: labels)
    return try withView((0..<23).map { 1 + Double($0) }, .float64, rows: 23, columns: 1) { try whole.weighted(by: $0) }
  }

  private func names(_ data: Dataset) -> [Int] { (0..<data.count).map { Int(element(data.features, $0, 0)) } }

  @Test(arguments: [2, 3, 5, 23]) func everySampleIsInOneFoldAndClassesAreEven(_ folds: Int) throws {
    let whole = try data()
    var seen: [Int] = []
    for fold in 0..<folds {
      let (training, validation) = try whole.fold(fold, of: folds, seed: 4)
      let own = names(validation)
      #expect(own == own.sorted() && names(training) == (0..<23).filter { !own.contains($0) })
      #expect(own.count == 23 / folds || own.count == 23 / folds + 1)
      for (label, count) in [(0, 12), (1, 7), (2, 4)] {
        let here = (0..<validation.count).filter { validation.labels?[$0] == Int32(label) }.count
        #expect(here == count / folds || here == count / folds + 1)
      }
      for (row, name) in own.enumerated() {
        #expect(validation.labels?[row] == whole.labels?[name] && validation.weights?.load(row) == 1 + Double(name))
        #expect(element(validation.features, row, 1) == Float(name + 100))
      }
      #expect(validation.classCount == 3 && training.features.type == .float32)
      seen += own
    }
    #expect(seen.sorted() == Array(0..<23))
  }

  @Test func theSeedDecides() throws {
    let whole = try data()
    #expect(names(try whole.fold(0, of: 3, seed: 1).validation) == names(try whole.fold(0, of: 3, seed: 1).validation))
    #expect(names(try whole.fold(0, of: 3, seed: 1).validation) != names(try whole.fold(0, of: 3, seed: 2).validation))
  }

  /// With values as targets and features stored by column, rows are copied number by number.
  @Test func valuesAndStridesComeAlong() throws {
    let parts = try withView(numbers, .float32, rows: 3, columns: 2) { view -> (training: Dataset, validation: Dataset) in
      let turned = TensorView(view.base, type: .float32, rows: 3, columns: 2, rowStride: 1, columnStride: 3)
      let whole = try withView([1, 4, 2, 5, 3, 6] as [Double], .float64, rows: 3, columns: 2) { try Dataset(retaining: turned, values: $0, release: {}) }
      return try whole.fold(1, of: 3, seed: 0)
    }
    for part in [parts.training, parts.validation] {
      for row in 0..<part.count {
        for column in 0..<2 {
          #expect(Double(element(part.features, row, column)) == part.values?.base.load(fromByteOffset: 8 * (2 * row + column), as: Double.self))
        }
      }
    }
    #expect(parts.training.count == 2 && parts.validation.count == 1)
  }

  @Test func foldsThatCannotBeAreRefused() throws {
    let whole = try data()
    #expect(throws: Failure(.outOfRange, "folds is 24; it must be between 2 and the number of samples, 23")) { try whole.fold(0, of: 24, seed: 0) }
    #expect(throws: Failure(.outOfRange, "folds is 1; it must be between 2 and the number of samples, 23")) { try whole.fold(0, of: 1, seed: 0) }
    #expect(throws: Failure(.outOfRange, "fold is 3; it must be between 0 and 2")) { try whole.fold(3, of: 3, seed: 0) }
  }
}
