import Datasets
import Testing

@Suite struct ConcentricEllipsesTests {
  @Test func radiiSeparateTheClasses() throws {
    let (training, validation) = try concentricEllipses(training: 1000, validation: 200, seed: 3)
    for (data, half) in [(training, 500), (validation, 100)] {
      let all = try points(data)
      #expect(all.filter { $0.label == 0 }.count == half)
      for point in all {
        let radius = (point.x * point.x + point.y * point.y / 0.16).squareRoot()
        #expect(point.label == 0 ? radius < 1 : radius >= 1 - 1e-12 && radius < 2)
      }
    }
  }

  /// r ~ U(0,1) and φ ~ U(0,2π): r has mean ½ and standard deviation 1/√12, the sine and cosine of φ mean 0. Bounds are five standard errors of 5000 points.
  @Test func radiusAndAngleAreUniform() throws {
    let inner = try points(concentricEllipses(training: 10_000, validation: 1, seed: 4).training).filter { $0.label == 0 }
    let radii = inner.map { ($0.x * $0.x + $0.y * $0.y / 0.16).squareRoot() }
    let root = 5000.0.squareRoot()
    let meanRadius: Double = radii.reduce(0, +) / 5000
    #expect(abs(meanRadius - 0.5) < 5 * 0.2887 / root)
    // A quarter of the radii is below ¼: a binomial count of standard deviation √(5000·¼·¾) = 30.6.
    let small = radii.filter { $0 < 0.25 }.count
    #expect(abs(small - 1250) < 153)
    let cosines: [Double] = zip(inner, radii).map { $0.x / $1 }
    let meanCosine: Double = cosines.reduce(0, +) / 5000
    #expect(abs(meanCosine) < 5 * 0.7071 / root)
  }

  @Test func validationDoesNotDependOnTheTrainingCount() throws {
    #expect(try points(concentricEllipses(training: 10, validation: 20, seed: 5).validation) == points(concentricEllipses(training: 90, validation: 20, seed: 5).validation))
  }
}
