import LinearAlgebra
import Settings

/// What an analysis found: a document, which says it in words and figures, and arrays of numbers by name.
///
/// A report never changes. In its arrays NaN stands for what was left out or does not exist; the document's "omitted" says why.
package final class Report: Sendable {
  /// One array, row-major.
  package struct Array: @unchecked Sendable {
    package let name: String
    package let shape: [Int]
    package let help: String
    fileprivate let buffer: Buffer
    fileprivate let allowsInfinity: Bool
    fileprivate let faults: Faults

    package var count: Int { shape.reduce(1, *) }
    /// The numbers, float64. They are the report's.
    package var values: Vector { buffer.vector(count: count, precision: .float64) }
  }

  /// Whether a number was computed that is not finite: it overflowed on the way.
  fileprivate final class Faults {
    var hasAny = false
  }

  package let document: JSON
  package let arrays: [Array]

  /// - Throws: `.notFinite` naming an array one of whose numbers overflowed.
  package init(_ document: JSON, _ arrays: [Array]) throws(Failure) {
    if let wrong = arrays.first(where: \.faults.hasAny) { throw Failure(.notFinite, "the array \(wrong.name) of the report is not finite: numbers of the network, of the samples or of what they were given with are too large") }
    (self.document, self.arrays) = (document, arrays)
  }

  package func array(_ name: String) throws(Failure) -> Array {
    guard let found = arrays.first(where: { $0.name == name }) else { throw unknownName(name, what: "array of the report", allowed: arrays.map(\.name)) }
    return found
  }
}

extension Report.Array {
  /// An array of NaN to be filled.
  /// - Parameter allowsInfinity: whether an infinite number says something, as a step without a limit does.
  /// - Throws: `.memory`, also for extents whose product does not fit.
  init(_ name: String, _ shape: [Int], _ help: String, allowsInfinity: Bool = false) throws(Failure) {
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0 else { throw Failure(.memory, "memory: the array \(name) of the report does not fit the address space") }
      count = product
    }
    (self.name, self.shape, self.help, self.allowsInfinity, faults) = (name, shape, help, allowsInfinity, Report.Faults())
    buffer = try Buffer(count: count, precision: .float64)
    let values = buffer.vector(count: count, precision: .float64)
    try Watch.pieces(count) { piece in fill(values[piece], .nan) }
  }

  /// Sets the number at these indices, one for each axis.
  func set(_ value: Double, _ indices: Int...) {
    var place = 0
    for (extent, index) in zip(shape, indices) {
      precondition(index >= 0 && index < extent, "index outside an array of a report")
      place = place * extent + index
    }
    if value.isNaN || value.isInfinite && !allowsInfinity { faults.hasAny = true }
    values.store(value, at: place)
  }

  func get(_ indices: Int...) -> Double {
    var place = 0
    for (extent, index) in zip(shape, indices) { place = place * extent + index }
    return values.load(place)
  }
}

/// What a report leaves out, and why: one entry for each thing and block, in the order in which they were met.
struct Omissions {
  private var entries: [(what: String, place: String, reason: String)] = []

  mutating func add(_ what: String, _ place: String, _ reason: String) {
    if !entries.contains(where: { $0 == (what, place, reason) }) { entries.append((what, place, reason)) }
  }

  var json: JSON {
    .array(entries.map { .object([("what", .text($0.what)), ("where", .text($0.place)), ("reason", .text($0.reason))]) })
  }
}

/// A number as JSON, which holds finite numbers only: NaN and infinities become null.
func number(_ value: Double) -> JSON { value.isFinite ? .real(value) : .null }
