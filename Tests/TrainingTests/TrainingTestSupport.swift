import LinearAlgebra
import Settings
import TestSupport
import Training

/// Numbers for tests.
final class Numbers {
  let vector: Vector

  init(_ values: [Double], _ precision: Precision = .float64) throws {
    let buffer = try Buffer(count: values.count, precision: precision)
    // A view in an expression may outlive the last use of its owner.
    TestMemory.keep(buffer)
    vector = buffer.vector(count: values.count, precision: precision)
    for (i, value) in values.enumerated() { vector.store(value, at: i) }
  }

  /// Standard normal numbers from a random stream.
  convenience init(normal count: Int, seed: UInt64, _ precision: Precision = .float64) throws {
    var stream = RandomStream(seed: seed)
    var values: [Double] = []
    while values.count < count { values.append(stream.normalPair().0) }
    try self.init(values, precision)
  }

  var values: [Double] { vector.values }
}

extension Vector {
  var values: [Double] { (0..<count).map { load($0) } }
}

/// The options of the trainer with some of them set.
func options(_ settings: [String: OptionValue]) throws -> OptionValues {
  var values = OptionValues(scope: "trainer", trainerOptions)
  for (key, value) in settings { try values.set(key, value) }
  return values
}

/// The options of one regularizer with some of them set.
func options(of term: any Regularizer.Type, _ settings: [String: OptionValue]) throws -> OptionValues {
  var values = OptionValues(scope: "trainer", [term.option] + term.furtherOptions)
  for (key, value) in settings { try values.set(key, value) }
  return values
}

/// The failure that `body` throws; nil if it throws none.
func failure(_ body: () throws -> Void) -> Failure? {
  do {
    try body()
    return nil
  } catch {
    return error as? Failure
  }
}
