import LinearAlgebra
import Testing
import Training

struct ConfusionMatrixTests {
  /// Labels 0 1 2 0 1 2 predicted as 0 2 1 0 0 1 (the example of scikit-learn's f1_score): 2 of 6 are right; the recalls are 1, 0, 0; F1 of class 0 is 4/5, that of the others 0.
  @Test func figuresOfASmallCase() throws {
    let data = try scoreData(oneHot([0, 2, 1, 0, 0, 1], classes: 3), labels: [0, 1, 2, 0, 1, 2])
    let network = try scoreNetwork(3)
    let values = try evaluate(network, on: data, metrics: ["accuracy", "balanced_accuracy", "macro_f1"], threads: 1)
    #expect(values[0] == 2.0 / 6 && values[1] == 1.0 / 3 && abs(values[2] - 0.8 / 3) < 1e-15)
    let matrix = try evaluateScores(network, on: data, threads: 1).confusion()
    #expect((0..<3).map { label in (0..<3).map { matrix[label, $0] } } == [[2, 0, 0], [1, 0, 1], [0, 2, 0]])
    let figures = matrix.labelCounts[0]
    #expect(figures.precision == 2.0 / 3 && figures.recall == 1 && figures.f1 == 0.8 && figures.present == 2)
  }

  /// Class 2 has no samples, and class 3 neither samples nor predictions. Means are over the classes for which the figure is defined.
  @Test func classesWithoutSamplesAreLeftOut() throws {
    let data = try scoreData(oneHot([0, 0, 1, 2], classes: 4), labels: [0, 0, 1, 1])
    let network = try scoreNetwork(4)
    let values = try evaluate(network, on: data, metrics: ["balanced_accuracy", "macro_f1"], threads: 1)
    // Recalls 1 and 1/2; F1 of 1, 2/3 and 0.
    #expect(values[0] == 0.75 && abs(values[1] - 5.0 / 9) < 1e-15)
    let matrix = try evaluateScores(network, on: data, threads: 1).confusion()
    let absent = matrix.labelCounts[3]
    #expect(absent.precision.isNaN && absent.recall.isNaN && absent.f1.isNaN && absent.present == 0)
    #expect(matrix.labelCounts[2].recall.isNaN && matrix.labelCounts[2].precision == 0)
  }

  /// With weights the figures sum them, and the counts stay those of samples.
  @Test func weightsCountInTheFigures() throws {
    let weights = try Numbers([1, 0.5, 4])
    let data = try scoreData(oneHot([0, 1, 1], classes: 2), labels: [0, 0, 1]).weighted(by: TensorView(weights.vector.base, type: .float64, rows: 3, columns: 1))
    let network = try scoreNetwork(2)
    let matrix = try evaluateScores(network, on: data, isWeighted: true, threads: 1).confusion()
    #expect(matrix[0, 0] == 1 && matrix[0, 1] == 1 && matrix[1, 1] == 1)
    #expect(matrix.accuracy == 5 / 5.5 && matrix.labelCounts[0].recall == 1 / 1.5)
    let weighed = try evaluate(network, on: data, isWeighted: true, threads: 1)
    #expect(weighed.accuracy == 5 / 5.5 && weighed.samples == 3)
    #expect(try evaluate(network, on: data, threads: 1).accuracy == 2.0 / 3)
  }

  /// One score decides between two classes by its sign; 0 is class 0.
  @Test func oneScoreHasTwoClasses() throws {
    let data = try scoreData([[-1], [0], [2], [3]], labels: [0, 1, 1, 0])
    let matrix = try evaluateScores(try scoreNetwork(1, loss: "logistic"), on: data, threads: 1).confusion()
    #expect((0..<2).map { label in (0..<2).map { matrix[label, $0] } } == [[1, 1], [1, 1]])
    #expect(matrix.accuracy == 0.5)
  }
}
