/// The numbers of a text such as "0.5, -1e-3, 2": a list as the value of an option.
///
/// Numbers are separated by commas; spaces around them do not count; an empty text is an empty list. Digits are read as the nearest Double.
///
/// - Parameter key: the option, for messages.
/// - Throws: `.invalidData` naming the first entry that is not a finite number, and its place from 1.
package func parseReals(_ text: String, key: String) throws(Failure) -> [Double] {
  let commas = text.utf8.reduce(0) { $1 == comma ? $0 + 1 : $0 }
  guard commas < mostListed else { throw Failure(.outOfRange, "\(key) has \(commas + 1) entries; at most \(mostListed) are taken") }
  let entries = text.utf8.split(separator: comma, omittingEmptySubsequences: false)
  if entries.count == 1, trimmed(entries[0]).isEmpty { return [] }
  var numbers: [Double] = []
  numbers.reserveCapacity(entries.count)
  for (index, entry) in entries.enumerated() {
    let given = trimmed(entry)
    // Double(String) also reads "nan", "infinity" and hexadecimal digits, which no list here means.
    guard given.allSatisfy(isNumeral), let number = Double(String(Substring(given))), number.isFinite else {
      throw Failure(
        .invalidData, "\(key): entry \(index) is '\(String(Substring(given)).prefix(32))'; it must be finite numbers separated by commas, such as 0.5, -1e-3")
    }
    numbers.append(number)
  }
  return numbers
}

/// The text that `parseReals` reads back to the same numbers: the shortest digits of each.
package func shown(reals: [Double]) -> String { reals.map { "\($0)" }.joined(separator: ",") }

/// As many as a block may have layers.
private let mostListed = 1_000_000

private let comma = UInt8(ascii: ",")

private func isNumeral(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
  default: false
  }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }

private func trimmed(_ entry: Substring.UTF8View.SubSequence) -> Substring.UTF8View.SubSequence {
  var entry = entry[...]
  while let first = entry.first, isSpace(first) { entry.removeFirst() }
  while let last = entry.last, isSpace(last) { entry.removeLast() }
  return entry
}
