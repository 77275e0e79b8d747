import Settings

/// The caller's metadata of a network, a text for each key: names of classes and features, the origin of the data. Copies, files and finer networks keep it.
///
/// A model file stores it in the metadata of the safetensors header, under the same keys, where every program can read it.
package struct Metadata: Equatable, Sendable {
  /// Sorted by key.
  package private(set) var entries: [Entry] = []

  package struct Entry: Equatable, Sendable {
    package let key: String
    package let value: String
  }

  /// The key of the record of columns, which is not the caller's own.
  package static let columnsKey = "stableode.columns"

  /// The caller's own entries: all but the record of columns.
  package var callers: Callers { Callers(entries: entries, hidden: recordPlace) }

  /// The place of the record of columns; the number of entries if there is none.
  private var recordPlace: Int {
    let place = place(of: Self.columnsKey)
    return place < entries.count && entries[place].key == Self.columnsKey ? place : entries.count
  }

  /// Entries without one of them, which are found by their number at once.
  package struct Callers: RandomAccessCollection {
    fileprivate let entries: [Entry]
    fileprivate let hidden: Int
    package var startIndex: Int { 0 }
    package var endIndex: Int { hidden < entries.count ? entries.count - 1 : entries.count }
    package subscript(index: Int) -> Entry { entries[index < hidden ? index : index + 1] }
  }

  /// The keys that the model file's format uses in the metadata.
  package static let reserved = ["format", "format_version", "library_version", "specification", "checksum", "training"]
  package static let mostKeyBytes = 256
  /// The most bytes of all keys and values together: the file's header must hold them, and writes a byte as six in the worst case.
  package static let mostBytes = 1 << 20
  /// So many are sorted, copied and written within the time that a call has to end.
  package static let mostEntries = 1 << 16

  package init() {}

  /// The entries of a file: of any keys, within the same limits as those that are set.
  /// Keys that begin with "stableode." are those of a later version of the library, and are kept for it.
  /// - Throws: `outOfRange` for a key that is empty or has more than 256 bytes, for keys and texts with a zero byte, for more than 65 536 entries, and for more than 1 MB in total.
  package init(read entries: [(key: String, value: String)]) throws(Failure) {
    guard entries.count <= Self.mostEntries else { throw Failure(.outOfRange, "the metadata has \(entries.count) entries; at most \(Self.mostEntries) are allowed") }
    for (key, value) in entries {
      guard !key.isEmpty else { throw Failure(.outOfRange, "a metadata key is empty") }
      guard !key.utf8.contains(0), !value.utf8.contains(0) else {
        throw Failure(.outOfRange, "the metadata under a key that begins '\(key.prefix { $0 != "\0" }.prefix(64))' has a zero byte, which ends a text of C")
      }
      try Self.checkLength(of: key)
    }
    self.entries = entries.map { Entry(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
    let bytes = byteCount
    guard bytes <= Self.mostBytes else { throw Failure(.outOfRange, "the metadata has \(bytes) bytes; at most \(Self.mostBytes) are allowed") }
  }

  private static func checkLength(of key: String) throws(Failure) {
    guard key.utf8.count <= mostKeyBytes else { throw Failure(.outOfRange, "a metadata key has \(key.utf8.count) bytes; at most \(mostKeyBytes) are allowed") }
  }

  /// The bytes of all keys and texts.
  private var byteCount: Int { entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } }

  /// The text under a key; nil if there is none.
  package subscript(key: String) -> String? {
    let place = place(of: key)
    return place < entries.count && entries[place].key == key ? entries[place].value : nil
  }

  /// The number of entries whose keys come before `key`.
  private func place(of key: String) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Sets the text under a key, or removes it.
  /// - Throws: `invalidArgument` for a key that is empty, used by the file's format, or begins with "stableode."; `outOfRange` for keys of more than 256 bytes, for more than 65 536 entries, and for more than 1 MB in total.
  package mutating func set(_ key: String, _ value: String?) throws(Failure) {
    guard !key.isEmpty, !Self.reserved.contains(key), !key.hasPrefix("stableode.") else {
      throw Failure(
        .invalidArgument,
        "metadata key is '\(key.prefix(64))'; it must be neither empty nor one that model files use themselves: \(Self.reserved.joined(separator: ", ")), and what begins with stableode.")
    }
    try Self.checkLength(of: key)
    try replace(key, value)
  }

  /// Sets the text of the record of columns, or removes it.
  /// - Throws: `outOfRange` for more than 1 MB in total.
  mutating func setColumns(_ text: String?) throws(Failure) { try replace(Self.columnsKey, text) }

  private mutating func replace(_ key: String, _ value: String?) throws(Failure) {
    var changed = self
    let place = place(of: key)
    if place < entries.count, entries[place].key == key { changed.entries.remove(at: place) }
    guard value == nil || changed.entries.count < Self.mostEntries else { throw Failure(.outOfRange, "the network's metadata has \(Self.mostEntries) entries already; more are not allowed") }
    if let value { changed.entries.insert(Entry(key: key, value: value), at: place) }
    let bytes = changed.byteCount
    guard value == nil || bytes <= Self.mostBytes else {
      throw Failure(.outOfRange, "with '\(key.prefix(64))' the network's metadata would have \(bytes) bytes; at most \(Self.mostBytes) are allowed")
    }
    self = changed
  }
}

/// Whether a network was loaded from a file, and whether that file had a checksum.
package enum StoredChecksum: Int32, Sendable {
  /// The network was not loaded.
  case notLoaded = 0
  /// The file had a checksum, and it was right.
  case right = 1
  /// The file had no checksum: another program wrote it.
  case absent = 2
}
