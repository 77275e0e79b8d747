/// The allowed name nearest to a misspelt one, or nil when none is near enough to be worth suggesting.
///
/// Distance is Levenshtein's (insertions, deletions, substitutions) of the first 64 bytes, the case of ASCII letters ignored; a suggestion is made up to a third of the longer name's length, at least 2.
/// Without such a name, one that shares a word is suggested: of those with most shared words the one with fewest others ("crop_margin" for "random_crop").
/// No suggestion is made if the work must end before all names have been compared, which takes up to 5 µs a name.
package func nearestName(to given: String, among names: [String]) -> String? { nearestName(to: given, among: names) { $0 } }

/// The same for names that are made from other values, one at a time.
package func nearestName<Value>(to given: String, among values: [Value], _ name: (Value) -> String) -> String? {
  let wanted = beginning(given)
  var row = Array(repeating: 0, count: comparedBytes + 1)
  var (best, bestDistance): (String?, Int) = (nil, .max)
  let words = wanted.contains(underscore) ? Set(splitWords(wanted)) : []
  var (kindred, mostShared, fewestOthers): (String?, Int, Int) = (nil, 0, .max)
  for (index, value) in values.enumerated() {
    if index % 256 == 255, Watch.current.isOver { return nil }
    let name = name(value)
    let candidate = beginning(name)
    if best == nil, !words.isEmpty {
      let own = splitWords(candidate)
      let shared = own.filter(words.contains).count
      if shared > 0, (-shared, own.count - shared) < (-mostShared, fewestOthers) { (kindred, mostShared, fewestOthers) = (name, shared, own.count - shared) }
    }
    let allowed = min(max(2, max(wanted.count, candidate.count) / 3), candidate.count - 1, bestDistance - 1)
    // Each byte that one has more than the other is an insertion.
    guard abs(wanted.count - candidate.count) <= allowed else { continue }
    let distance = editDistance(wanted, candidate, &row)
    if distance <= allowed { (best, bestDistance) = (name, distance) }
  }
  return best ?? kindred
}

private let comparedBytes = 64
private let underscore = UInt8(ascii: "_")

/// The words of a name, between underscores; those of one or two letters say too little.
private func splitWords(_ name: [UInt8]) -> [ArraySlice<UInt8>] { name.split(separator: underscore).filter { $0.count > 2 } }

private func beginning(_ name: String) -> [UInt8] { name.utf8.prefix(comparedBytes).map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 } }

/// Names as a message lists them: as many as a message has room for.
package func listed(_ names: [String]) -> String {
  var (text, room) = ("", 4096)
  for (index, name) in names.enumerated() {
    room -= name.utf8.count + 2
    if room < 0, index > 0 { return "\(text) and \(names.count - index) more" }
    text += index == 0 ? String(name.prefix(256)) : ", \(name)"
  }
  return text
}

/// "unknown field 'antisymetric'; did you mean 'antisymmetric'? allowed: …" as a failure.
package func unknownName(_ given: String, what: String, allowed: [String]) -> Failure {
  guard !allowed.isEmpty else { return Failure(.unknownName, "unknown \(what) '\(given.prefix(64))'; there are none") }
  let hint = nearestName(to: given, among: allowed).map { "; did you mean '\($0.prefix(64))'?" } ?? ";"
  return Failure(.unknownName, "unknown \(what) '\(given.prefix(64))'\(hint) allowed: \(listed(allowed))")
}

/// "a", "a and b" or "a, b and c": names as a sentence lists them.
package func enumeration(_ names: [String]) -> String {
  guard let last = names.last, names.count > 1 else { return names.first ?? "" }
  return "\(names.dropLast().joined(separator: ", ")) and \(last)"
}

/// - Parameter row: room for one number more than `b` has bytes.
private func editDistance(_ a: [UInt8], _ b: [UInt8], _ row: inout [Int]) -> Int {
  for j in 0...b.count { row[j] = j }
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substituted = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
