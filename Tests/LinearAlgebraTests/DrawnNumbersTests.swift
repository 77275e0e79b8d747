import Foundation
import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct DrawnNumbersTests {
    private static let draws = LayerDraws(key: 0x1234_5678_9abc_def0, sample: (1 << 32) - 5, layer: 77).of(part: 3)

    /// The upper 24 bits of a row's word, from Philox as tested by RandomStreamTests; four rows share one counter.
    private static func word(_ row: Int, _ sample: Int) -> Double {
      let number = draws.sample + UInt64(sample)
      let words = philox(
        SIMD4(UInt32(truncatingIfNeeded: number), 0, UInt32(row / 4) | 3 << 24, 77), key: SIMD2(UInt32(truncatingIfNeeded: draws.key), UInt32(draws.key >> 32)))
      return Double(words[row % 4] >> 8)
    }

    private static func uniform(_ row: Int, _ sample: Int) -> Double { word(row, sample) * 0x1p-24 }

    /// The Box–Muller transform with the system's library; rows 2k and 2k + 1 are one pair.
    private static func normal(_ row: Int, _ sample: Int) -> Double {
      let pair = row & ~1
      let radius = (-2 * Foundation.log((word(pair, sample) + 1) * 0x1p-24)).squareRoot()
      let angle = 2 * Double.pi * uniform(pair + 1, sample)
      return radius * (row == pair ? Foundation.cos(angle) : Foundation.sin(angle))
    }

    /// Uniform numbers, normal numbers and masks agree with their formulas, for whole and partial groups of rows, tiles and single samples, on every instruction set.
    @Test(arguments: Precision.allCases) func areThoseOfTheCounter(_ precision: Precision) throws {
      for level in levels {
        for (rows, columns, stride) in [(1, 16, 16), (3, 48, 64), (6, 32, 32), (7, 1, 1), (8, 16, 32)] {
          let numbers = try Numbers(rows * stride, precision)
          let block = numbers.block(rows: rows, columns: columns, stride: stride)
          func check(_ what: String, _ tolerance: Double, _ operation: () -> Void, _ formula: (Int, Int) -> Double) {
            let before = numbers.values
            withInstructionSet(level, operation)
            var worst = 0.0
            for row in 0..<rows {
              for column in 0..<stride {
                let at = row * stride + column
                worst = max(worst, abs(numbers[at] - (column < columns ? formula(row, column) : before[at])))
              }
            }
            #expect(worst <= tolerance, "\(what) \(level.name) \(rows)×\(columns)")
          }
          // One rounding of numbers up to 3.
          check("uniform", 2 * precision.epsilon, { drawUniform(Self.draws, low: -1, high: 3, into: block) }, { -1 + 4 * Self.uniform($0, $1) })
          // The angle is rounded at 2π, and multiplies a radius of at most 5.8.
          check("normal", 24 * precision.epsilon, { drawNormal(Self.draws, deviation: 2, into: block) }, { 2 * Self.normal($0, $1) })
          check("mask", 0, { drawMask(Self.draws, probability: 0.75, value: 1.5, into: block) }, { Self.word($0, $1) < 0.75 * 0x1p24 ? 1.5 : 0 })
        }
      }
    }

    /// The logarithm of the smallest and the largest numbers drawn: u from 2⁻²⁴ to 1, through the largest normal numbers of a long stream.
    @Test(arguments: Precision.allCases) func tailsAreRight(_ precision: Precision) throws {
      let columns = 1 << 16
      let numbers = try Numbers(2 * columns, precision)
      drawNormal(Self.draws, deviation: 1, into: numbers.block(rows: 2, columns: columns))
      let radii = (0..<columns).map { (numbers[$0] * numbers[$0] + numbers[columns + $0] * numbers[columns + $0]).squareRoot() }
      let expected = (0..<columns).map { (-2 * Foundation.log((Self.word(0, $0) + 1) * 0x1p-24)).squareRoot() }
      // Sixteen thousand draws reach 4.3; small radii are as exact as large ones.
      #expect(try #require(expected.max()) > 4.3)
      #expect(zip(radii, expected).allSatisfy { abs($0 - $1) <= 8 * precision.epsilon * max($1, 0.01) })
    }

    /// The random numbers of a sample depend only on its index: they have the same bits in a tile that begins elsewhere and alone, and agree in both precisions up to rounding.
    @Test func aSampleHasItsNumbersInAnyTile() throws {
      let (tile, shifted, alone, single) = (try Numbers(5 * 48, .float64), try Numbers(5 * 32, .float64), try Numbers(5, .float64), try Numbers(5 * 48, .float32))
      for kind in 0..<3 {
        func draw(_ draws: LayerDraws, _ block: Block) {
          switch kind {
          case 0: drawUniform(draws, low: 0, high: 1, into: block)
          case 1: drawNormal(draws, deviation: 1, into: block)
          default: drawMask(draws, probability: 0.3, value: 1, into: block)
          }
        }
        func moved(_ by: UInt64) -> LayerDraws { LayerDraws(key: Self.draws.key, sample: Self.draws.sample + by, layer: 77).of(part: 3) }
        draw(Self.draws, tile.block(rows: 5, columns: 48))
        draw(Self.draws, single.block(rows: 5, columns: 48))
        draw(moved(7), shifted.block(rows: 5, columns: 32))
        draw(moved(9), alone.block(rows: 5, columns: 1))
        for row in 0..<5 {
          for column in 0..<32 { #expect(shifted[32 * row + column] == tile[48 * row + column + 7]) }
          #expect(alone[row] == tile[48 * row + 9])
          for column in 0..<48 { #expect(abs(single[48 * row + column] - tile[48 * row + column]) <= (kind == 1 ? 3e-6 : 0)) }
        }
      }
    }

    @Test func keysLayersAndPartsDrawOtherNumbers() throws {
      let others = [
        Self.draws, LayerDraws(key: 1, sample: Self.draws.sample, layer: 77).of(part: 3), LayerDraws(key: Self.draws.key, sample: Self.draws.sample, layer: 78).of(part: 3),
        Self.draws.of(part: 4),
      ]
      let drawn = try others.map { draws in
        let numbers = try Numbers(16, .float64)
        drawUniform(draws, low: 0, high: 1, into: numbers.block(rows: 1, columns: 16))
        return numbers.values
      }
      #expect(Set(drawn.map { $0[0] }).count == others.count)
    }

    /// Mean and variance of 200 000 numbers are within five standard errors, for the numbers of one row and for the products of neighboring rows.
    @Test func moments() throws {
      let columns = 100_000
      let numbers = try Numbers(2 * columns, .float64)
      let block = numbers.block(rows: 2, columns: columns)
      let error = 5 / Double(2 * columns).squareRoot()
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      func rows() -> [Double] { (0..<columns).map { numbers[$0] * numbers[columns + $0] } }
      drawNormal(Self.draws, deviation: 1, into: block)
      #expect(abs(mean(numbers.values)) < error)
      #expect(abs(mean(numbers.values.map { $0 * $0 }) - 1) < error * 2.0.squareRoot())
      #expect(abs(mean(rows())) < error * 2.0.squareRoot())
      drawUniform(Self.draws, low: -1, high: 1, into: block)
      #expect(abs(mean(numbers.values)) < error / 3.0.squareRoot())
      #expect(abs(mean(numbers.values.map { $0 * $0 }) - 1.0 / 3) < error * (4.0 / 45).squareRoot())
      #expect(abs(mean(rows())) < error * 2.0.squareRoot() / 3)
      drawMask(Self.draws, probability: 0.2, value: 1, into: block)
      #expect(abs(mean(numbers.values) - 0.2) < error * 0.4)
    }
  }
}
