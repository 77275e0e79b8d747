import Testing
import Training

struct ValueMetricsTests {
  /// Values (0.5, 1), (−1, 1), (7, −6) predicted as (0, 2), (−1, 2), (8, −5), the example of scikit-learn's r2_score and mean_absolute_error:
  /// R² are 1 − 1.25/(217/6) and 1 − 3/(98/3), the absolute errors (0.5 + 1 + 0 + 1 + 1 + 1)/6.
  @Test func figuresOfASmallCase() throws {
    let data = try scoreData([[0, 2], [-1, 2], [8, -5]], values: [[0.5, 1], [-1, 1], [7, -6]])
    let values = try evaluate(try scoreNetwork(2, loss: "least_squares"), on: data, metrics: ["r2", "mean_absolute_error"], threads: 1)
    #expect(abs(values[0] - ((1 - 1.25 * 6 / 217) + (1 - 3.0 * 3 / 98)) / 2) < 1e-15)
    #expect(abs(values[1] - 0.75) < 1e-15)
  }

  /// Constant targets have no variance to explain: R² is 1 if they are predicted exactly, otherwise 0.
  @Test func constantTargets() throws {
    let network = try scoreNetwork(1, loss: "least_squares")
    #expect(try evaluate(network, on: try scoreData([[2], [2]], values: [[2], [2]]), metrics: ["r2"], threads: 1) == [1])
    #expect(try evaluate(network, on: try scoreData([[2], [3]], values: [[2], [2]]), metrics: ["r2"], threads: 1) == [0])
  }
}
