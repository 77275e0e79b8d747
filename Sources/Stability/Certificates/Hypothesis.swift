import Settings

/// One condition of a theorem with its numbers, and whether they prove it.
package struct Hypothesis {
  package enum Relation: String {
    case atMost = "<="
    case less = "<"
    case atLeast = ">="
    case greater = ">"
  }

  /// "euler_step".
  package let name: String
  /// "h L ‖K‖² <= 2".
  package let text: String
  package let block: Int?
  package let layer: Int?
  /// A bound of the left side: from above for ≤ and <, from below for ≥ and >. The limit is bounded the other way round.
  package let value: Double
  package let relation: Relation
  package let limit: Double

  package init(_ name: String, _ text: String, block: Int? = nil, layer: Int? = nil, _ value: Interval, _ relation: Relation, _ limit: Interval) {
    (self.name, self.text, self.block, self.layer, self.relation) = (name, text, block, layer, relation)
    (self.value, self.limit) = relation == .atMost || relation == .less ? (value.upper, limit.lower) : (value.lower, limit.upper)
  }

  package var holds: Bool {
    switch relation {
    case .atMost: value <= limit
    case .less: value < limit
    case .atLeast: value >= limit
    case .greater: value > limit
    }
  }

  package var json: JSON {
    var members: [(key: String, value: JSON)] = [("name", .text(name))]
    if let block { members.append(("block", .integer(Int64(block)))) }
    if let layer { members.append(("layer", .integer(Int64(layer)))) }
    func number(_ x: Double) -> JSON { x.isFinite ? .real(x) : .null }
    members += [("value", number(value)), ("relation", .text(relation.rawValue)), ("limit", number(limit)), ("holds", .bool(holds)), ("text", .text(text))]
    return .object(members)
  }
}
