import LinearAlgebra
import Settings

/// A chain of maps with the products of each link's Jacobian: what `AdjointCheck` tests.
package protocol LinkChain {
  var precision: Precision { get }
  var linkCount: Int { get }
  /// The numbers before link `index`; after the last link for an index as large as their number.
  func width(_ index: Int) -> Int
  /// out = J·v, other memory than v.
  func pushforward(link: Int, _ v: Block, into out: Block)
  /// out = Jᵀ·p, other memory than p, which may be overwritten.
  func pullback(link: Int, _ p: Block, into out: Block)
  /// What the link is called in messages: "layer 3 of block 0".
  func name(link: Int) -> String
}

/// The library's test of its own derivatives: p·v before a link, p being pulled back through it, equals p·v after it, v being pushed forward, up to rounding (Theory.md §4.3).
///
/// v and p are drawn anew for each link. So a link whose pullback is not the transpose of its pushforward is found, wherever it is, also where other links make a tangent or a cotangent vanish.
package struct AdjointCheck {
  /// |p₊·Jv − Jᵀp₊·v| of each link, relative to |p₊||Jv| + |Jᵀp₊||v|; infinite where a product is not finite.
  package private(set) var differences: [Double] = []

  /// The link with the largest difference.
  package var worst: (link: Int, difference: Double) {
    var found = (link: 0, difference: 0.0)
    for (link, difference) in differences.enumerated() where difference > found.difference { found = (link, difference) }
    return found
  }

  /// The largest difference that counts as rounding.
  package static func limit(_ precision: Precision) -> Double { precision == .float64 ? 1e-11 : 1e-4 }

  /// - Parameter draw: numbers the vectors that are drawn, so that several checks draw different ones.
  /// - Throws: `.memory`; the reason why the work must end.
  package init(_ chain: some LinkChain, draw: Int = 0) throws(Failure) {
    let largest = (0...chain.linkCount).reduce(1) { max($0, chain.width($1)) }
    var size = Arena.Size()
    for _ in 0..<5 { size.add(rows: largest, columns: 1, precision: chain.precision) }
    let arena = try Arena(size)
    defer { withExtendedLifetime(arena) {} }
    let blocks = (0..<5).map { _ in arena.block(rows: largest, columns: 1, precision: chain.precision) }
    for link in 0..<chain.linkCount {
      try Watch.check()
      let (before, after) = (chain.width(link), chain.width(link + 1))
      let (v, q, moved, p, room) = (blocks[0].rows(0..<before), blocks[1].rows(0..<before), blocks[2].rows(0..<after), blocks[3].rows(0..<after), blocks[4].rows(0..<after))
      fillIrregular(v, number: 2 * (link + 7 * draw))
      fillIrregular(p, number: 2 * (link + 7 * draw) + 1)
      chain.pushforward(link: link, v, into: moved)
      copy(p, into: room)
      chain.pullback(link: link, room, into: q)
      differences.append(Self.difference(dot(p, moved), dot(q, v), (dot(p, p) * dot(moved, moved)).squareRoot() + (dot(q, q) * dot(v, v)).squareRoot()))
    }
  }

  /// |a − b|/scale; 0 for zeros, infinite where a number is not finite.
  static func difference(_ a: Double, _ b: Double, _ scale: Double) -> Double {
    guard a.isFinite, b.isFinite, scale.isFinite else { return .infinity }
    return scale > 0 ? abs(a - b) / scale : 0
  }
}
