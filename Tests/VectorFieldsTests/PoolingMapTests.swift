import LinearAlgebra
import TestSupport
import Testing
import VectorFields

/// PoolingTests and ChannelPaddingTests compare the kernels with their formulas for every geometry.
@Suite struct PoolingMapTests {
  /// Two channels of 3 × 4 pixels in windows of 2, at a distance of 1.
  private static func geometry() throws -> PoolingGeometry {
    try PoolingGeometry(channels: 2, vertical: PoolingExtent(input: 3, window: 2, stride: 1), horizontal: PoolingExtent(input: 4, window: 2, stride: 1))
  }

  private func windows(_ x: [Double], _ reduce: ([Double]) -> Double) -> [Double] {
    (0..<2).flatMap { c in (0..<2).flatMap { y in (0..<3).map { column in
      reduce([0, 1, 4, 5].map { x[12 * c + 4 * y + column + $0] })
    } } }
  }

  private func check(_ map: some LayerMap, formula: ([Double]) -> [Double]) throws {
    let example = try MapCase()
    #expect(try example.evaluationDefect(map, inputs: 24, formula: formula) < 1e-14)
    let defects = try example.derivativeDefects(map, inputs: 24)
    #expect(defects.difference < 1e-8 && defects.transpose < 1e-14, "\(defects)")
  }

  @Test func means() throws { try check(AveragePoolingMap(try Self.geometry())) { windows($0) { $0.reduce(0, +) / 4 } } }
  @Test func maxima() throws { try check(MaxPoolingMap(try Self.geometry())) { windows($0) { $0.max() ?? 0 } } }

  @Test func channelMeans() throws {
    try check(GlobalAverageMap(channels: 2)) { x in [x[0..<12].reduce(0, +) / 12, x[12..<24].reduce(0, +) / 12] }
  }

  /// Every second pixel of both channels, and a channel of zeros.
  @Test func paddedChannels() throws {
    let map = ChannelPaddingMap(try ChannelPadding(inputChannels: 2, outputChannels: 3, height: 3, width: 4, stride: 2))
    try check(map) { x in [0, 2, 8, 10, 12, 14, 20, 22].map { x[$0] } + [0, 0, 0, 0] }
  }
}
