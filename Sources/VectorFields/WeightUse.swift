/// How a field uses a matrix of weights W. The standard deviation of the initial values of W follows from it.
///
/// Initial values are normal with mean zero. Their deviation makes |f(y)| about as large as |y|, whatever the size of W. A field says how it uses a tensor when it declares it (`LayerPlan.weight`). A map that applies
/// both W and Wᵀ accepts only a tensor that was declared for this use.
package enum WeightUse: Equatable, Sendable {
  /// Wx: each output is a sum of `fanIn` products, so the variance is 1/fanIn.
  case product
  /// Wᵀσ(Wx), or WᵀWx. For W with m outputs, n inputs and independent entries of variance s², E|WᵀWx|² = s⁴·m(m + n + 1)·|x|². So s⁴ = 2/(m(m + n)), which is the variance 1/n of
  /// `product` where W is square.
  case gradient
  /// Wᵀσ(N(Wx)), where N makes the entries as large as 1 whatever the size of W. |WᵀWx|/|Wx| is about s·√(m + n), so that the value is about s·√(m(m + n)/n) times as large as x. s² = 2n/(m(m + n)) is the variance 1/n of
  /// `product` where W is square.
  case normalizedGradient
  /// One of `terms` products that the field adds, each with a factor of order one: the variance is 1/(fanIn·terms).
  case sum(terms: Int)

  /// The standard deviation of the first values.
  ///
  /// - Parameters:
  ///   - fanIn: the number of inputs that each output of W depends on (n for a dense matrix), at least 1.
  ///   - fanOut: the number of outputs of W that depend on each input (m for a dense matrix), at least 1.
  package func deviation(fanIn: Int, fanOut: Int) -> Double {
    let (n, m) = (Double(fanIn), Double(fanOut))
    return switch self {
    case .product: 1 / n.squareRoot()
    case .gradient: 1 / (m * (m + n) / 2).squareRoot().squareRoot()
    case .normalizedGradient: (2 * n / (m * (m + n))).squareRoot()
    case .sum(let terms): 1 / (n * Double(terms)).squareRoot()
    }
  }
}
