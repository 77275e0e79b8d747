import LinearAlgebra
import Settings
import TestSupport
import Testing

@Suite struct FeatureScreeningTests {
  private static let samples = 512

  /// The features that are kept of 40 normal ones, for targets of a sample's features and of normal noise; nil if nothing is left out.
  private func kept(_ targets: [(_ z: [Double], _ noise: Double) -> Double], features: Int = 40, seed: UInt64 = 1) throws -> [Int]? {
    let count = Self.samples
    let (numbers, noise) = (try SampleNumbers.normal(features * count, .float64, seed: seed), try SampleNumbers.normal(count, .float64, seed: seed + 100).values)
    let block = numbers.block(rows: features, columns: count)
    standardizeRows(block, count: count)
    let values = numbers.values
    let made = try SampleNumbers(targets.flatMap { target in (0..<count).map { sample in target((0..<features).map { values[$0 * count + sample] }, noise[sample]) } }, .float64)
    centerRows(made.block(rows: targets.count, columns: count), count: count)
    let found = try screenFeatures(block, targets: made.block(rows: targets.count, columns: count), count: count)
    withExtendedLifetime((numbers, made)) {}
    return found.map { flags in flags.indices.filter { flags[$0] } }
  }

  @Test func linesAndCurvesAreFound() throws {
    let found = try #require(try kept([{ z, noise in z[3] + z[17] * z[17] + 0.5 * noise }]))
    #expect(Set(found).isSuperset(of: [3, 17]) && found.count < 6)
    // A weak influence shows when the strong ones are explained.
    let weak = try #require(try kept([{ z, noise in 3 * z[3] + 3 * z[17] * z[17] + 0.15 * z[30] + 0.1 * noise }]))
    #expect(Set(weak).isSuperset(of: [3, 17, 30]) && weak.count < 8)
  }

  @Test func anInfluenceOfPairsIsFound() throws {
    let found = try #require(try kept([{ z, noise in z[0] + 2 * (z[5] * z[9] > 0 ? 1 : -1) + 0.3 * noise }]))
    #expect(Set(found).isSuperset(of: [0, 5, 9]) && found.count < 8)
  }

  @Test func whatAnyTargetDependsOnIsKept() throws {
    let found = try #require(try kept([{ z, noise in z[2] + 0.3 * noise }, { z, noise in 0.3 * z[11] - 0.1 * noise }]))
    #expect(Set(found).isSuperset(of: [2, 11]) && found.count < 6)
  }

  @Test func nothingIsLeftOutWhereTheOthersMatterOrNothingIsFound() throws {
    #expect(try kept([{ z, noise in z.reduce(0, +) / 6 + 0.3 * noise }]) == nil, "all features have a little influence")
    #expect(try kept([{ z, noise in 0 * z[0] + noise }], seed: 4) == nil, "noise")
    #expect(try kept([{ z, noise in z[0] + z[1] + z[2] + 0.1 * noise }], features: 4) == nil, "most features count")
    #expect(try kept([{ _, _ in 1 }]) == nil, "nothing changes")
  }
}
