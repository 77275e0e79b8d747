import LinearAlgebra
import Testing

@Suite struct ChangesTests {
  @Test(arguments: Precision.allCases) func agreeWithTheFormulas(_ precision: Precision) throws {
    let (rows, columns, samples, shift) = (3, 16, 11, 0.25)
    let (x, y, out) = (try Numbers(rows * columns, precision, seed: 1), try Numbers(rows * columns, precision, seed: 2), try Numbers(rows * columns, precision, seed: 3))
    let before = out.values
    let (a, b) = (x.block(rows: rows, columns: columns), y.block(rows: rows, columns: columns))
    let found = squaredChange(a, b, shift: shift, stream: 5, samples: samples)
    accumulateChange(0.5, a, b, shift: shift, stream: 5, samples: samples, addingTo: out.block(rows: rows, columns: columns))
    var expected = 0.0
    for row in 0..<rows {
      for s in 0..<columns {
        let place = row * columns + s
        let change = x[place] - y[place] - shift * probeSign(row, stream: 5)
        if s < samples { expected += change * change }
        // Padding does not change.
        #expect(abs(out[place] - before[place] - (s < samples ? 0.5 * change : 0)) < 4 * precision.epsilon)
      }
    }
    #expect(abs(found - expected) < 1e-12)
    shiftRows(a, by: shift, stream: 5, into: out.block(rows: rows, columns: columns))
    for place in 0..<rows * columns { #expect(abs(out[place] - x[place] - shift * probeSign(place / columns, stream: 5)) < 2 * precision.epsilon) }
    // More samples than columns means all columns.
    #expect(squaredChange(a, b, samples: .max) == squaredChange(a, b, samples: columns))
  }

  /// Signs are fixed, and balanced to three standard deviations over 10 000 of them and between neighboring streams.
  @Test func signsAreFairAndDifferFromStreamToStream() {
    let (first, second) = ((0..<10_000).map { probeSign($0, stream: 1) }, (0..<10_000).map { probeSign($0, stream: 2) })
    #expect(abs(first.reduce(0, +)) < 300 && abs(zip(first, second).map(*).reduce(0, +)) < 300)
    #expect(first == (0..<10_000).map { probeSign($0, stream: 1) } && first.allSatisfy { abs($0) == 1 })
  }
}
