import LinearAlgebra
import Settings

/// The named columns of a table, which all its batches share.
package final class TableSchema: @unchecked Sendable {
  /// A column as a schema describes it.
  package struct Column {
    package let name: String
    package let type: CellType
    package let isDictionary: Bool
    package init(name: String, type: CellType, isDictionary: Bool) { (self.name, self.type, self.isDictionary) = (name, type, isDictionary) }
  }

  package let names: [String]
  /// The type of each column's cells, or of its dictionary's values.
  package let types: [CellType]
  /// Whether a column's cells are numbers of a dictionary's values.
  package let isDictionary: [Bool]
  /// The names as C reads them.
  package let texts: TextList
  private let places: [String: Int]

  /// - Throws: `invalidData` for no columns, and for two of one name; `memory`; the reason why the work must end.
  package init(_ columns: [Column]) throws(Failure) {
    guard !columns.isEmpty else { throw Failure(.invalidData, "the table has no columns") }
    // Room for all: a dictionary that grows moves all its names at once.
    var (places, work) = (Dictionary<String, Int>(minimumCapacity: columns.count), WatchedWork())
    for (place, column) in columns.enumerated() {
      try work.spend(column.name.utf8.count + 64)
      guard places.updateValue(place, forKey: column.name) == nil else { throw Failure(.invalidData, "two columns of the table are called '\(column.name.prefix(64))'") }
    }
    self.places = places
    (names, types, isDictionary) = (columns.map(\.name), columns.map(\.type), columns.map(\.isDictionary))
    texts = try TextList(names)
  }

  /// The number of the column of a name; nil if there is none.
  package func place(of name: String) -> Int? { places[name] }
}
