/// The allowed name nearest to a misspelt one, or nil when none is near enough to be worth suggesting.
///
/// Distance is Levenshtein's (insertions, deletions, substitutions), case ignored; a suggestion is made up to a third of the longer name's length, at least 2.
package func nearestName(to given: String, among names: [String]) -> String? {
  let wanted = Array(given.lowercased().utf8.prefix(64))
  var best: (name: String, distance: Int)?
  for name in names {
    let candidate = Array(name.lowercased().utf8)
    let distance = editDistance(wanted, candidate)
    let allowed = max(2, max(wanted.count, candidate.count) / 3)
    if distance <= allowed, distance < candidate.count, distance < (best?.distance ?? Int.max) { best = (name, distance) }
  }
  return best?.name
}

/// "unknown field 'antisymetric'; did you mean 'antisymmetric'? allowed: …" as a failure.
package func unknownName(_ given: String, what: String, allowed: [String]) -> Failure {
  guard !allowed.isEmpty else { return Failure(.unknownName, "unknown \(what) '\(given.prefix(64))'; there are none") }
  let hint = nearestName(to: given, among: allowed).map { "; did you mean '\($0)'?" } ?? ";"
  return Failure(.unknownName, "unknown \(what) '\(given.prefix(64))'\(hint) allowed: \(allowed.joined(separator: ", "))")
}

/// "a", "a and b" or "a, b and c": names as a sentence lists them.
package func enumeration(_ names: [String]) -> String {
  guard let last = names.last, names.count > 1 else { return names.first ?? "" }
  return "\(names.dropLast().joined(separator: ", ")) and \(last)"
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
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
