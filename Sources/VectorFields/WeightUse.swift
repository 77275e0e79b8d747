/// How a field uses a matrix of weights W: what the standard deviation of W's first values follows from.
///
/// First values are normal with mean zero. Their deviation makes the field as large as the state it acts on, |f(y)| of the order of |y|, whatever the extents of W. A field states the use where it
/// declares the tensor (`LayerPlan.weight`), and a map that applies W and Wᵀ accepts no tensor that was declared for another use.
package enum WeightUse: Equatable, Sendable {
  /// Wx. Each output sums `fanIn` numbers: variance 1/fanIn.
  case product
  /// Wᵀσ(Wx), or WᵀWx. For W with m outputs, n inputs and independent entries of variance s², E|WᵀWx|² = s⁴·m(m + n + 1)·|x|². So s⁴ = 2/(m(m + n)), which is the variance 1/n of
  /// `product` where W is square.
  case gradient
  /// One of `terms` products that the field adds up, each with a factor of order one: variance 1/(fanIn·terms).
  case sum(terms: Int)

  /// The standard deviation of the first values.
  ///
  /// - Parameters:
  ///   - fanIn: how many numbers an output of W sums (n for a dense matrix), at least 1.
  ///   - fanOut: how many outputs of W a number enters (m for a dense matrix), at least 1.
  package func deviation(fanIn: Int, fanOut: Int) -> Double {
    let (n, m) = (Double(fanIn), Double(fanOut))
    return switch self {
    case .product: 1 / n.squareRoot()
    case .gradient: 1 / (m * (m + n) / 2).squareRoot().squareRoot()
    case .sum(let terms): 1 / (n * Double(terms)).squareRoot()
    }
  }
}
