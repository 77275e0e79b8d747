import Settings

/// A number within a value, with its name in files.
struct NamedNumber<Value> {
  let name: String
  let get: (Value) -> Double
  /// False if the number must be a count and is not one.
  let set: (inout Value, Double) -> Bool

  init(_ name: String, _ path: WritableKeyPath<Value, Double>) {
    self.name = name
    get = { $0[keyPath: path] }
    set = { value, number in
      value[keyPath: path] = number
      return true
    }
  }

  init(_ name: String, _ path: WritableKeyPath<Value, Int>) {
    self.name = name
    get = { Double($0[keyPath: path]) }
    set = { value, number in
      guard number >= 0, let count = Int(exactly: number) else { return false }
      value[keyPath: path] = count
      return true
    }
  }

  init(_ name: String, _ path: WritableKeyPath<Value, Bool>) {
    self.name = name
    get = { $0[keyPath: path] ? 1 : 0 }
    set = { value, number in
      value[keyPath: path] = number == 1
      return true
    }
  }
}

extension Array {
  /// The numbers of a value, in the order of this list.
  func numbers<Value>(of value: Value) -> [Double] where Element == NamedNumber<Value> { map { $0.get(value) } }

  /// Sets the numbers whose names are in this list. Names of other versions are ignored, and numbers that are not given stay.
  /// - Throws: `fileFormat` naming the number.
  func read<Value>(_ names: [String], _ numbers: some Collection<Double>, into value: inout Value) throws(Failure) where Element == NamedNumber<Value> {
    for (name, number) in zip(names, numbers) {
      guard let known = first(where: { $0.name == name }) else { continue }
      guard known.set(&value, number) else { throw Failure(.fileFormat, "the checkpoint's \(name) is \(number)") }
    }
  }
}
