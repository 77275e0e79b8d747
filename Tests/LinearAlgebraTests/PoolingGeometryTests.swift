import LinearAlgebra
import Settings
import Testing

/// A pooling with the same windows along both axes.
func poolingGeometry(_ channels: Int, _ height: Int, _ width: Int, window: Int, stride: Int? = nil, padding: Int = 0) -> PoolingGeometry? {
  try? PoolingGeometry(
    channels: channels, vertical: PoolingExtent(input: height, window: window, stride: stride, before: padding, after: padding),
    horizontal: PoolingExtent(input: width, window: window, stride: stride, before: padding, after: padding))
}

struct PoolingGeometryTests {
  @Test func sizesFollowFromTheExtents() throws {
    let geometry = try PoolingGeometry(
      channels: 3, vertical: PoolingExtent(input: 7, window: 3, stride: 2, before: 1, after: 1), horizontal: PoolingExtent(input: 9, window: 2))
    #expect(geometry.vertical.output == 4)
    #expect(geometry.horizontal.stride == 2)
    #expect(geometry.horizontal.output == 4)
    #expect(geometry.inputRows == 3 * 63)
    #expect(geometry.outputRows == 3 * 16)
  }

  /// Each refusal names the size that does not fit.
  @Test(arguments: [
    (PoolingExtent(input: 0, window: 1), "size"), (PoolingExtent(input: 5, window: 0), "window"), (PoolingExtent(input: 5, window: 2, stride: 0), "stride"),
    (PoolingExtent(input: 5, window: 2, before: -1), "padding before"), (PoolingExtent(input: 5, window: 2, after: -1), "padding after"),
    (PoolingExtent(input: 5, window: 6), "larger than the padded image"), (PoolingExtent(input: 5, window: 2, before: 2), "less than the window"),
    (PoolingExtent(input: 5, window: 2, after: 2), "less than the window"), (PoolingExtent(input: 1 << 40, window: 1), "size"),
    (PoolingExtent(input: 1 << 30, window: 1 << 25), "2²⁴"),
    (PoolingExtent(input: 1 << 30, window: 1), "too large"),
  ])
  func whatDoesNotFitIsRefused(_ extent: PoolingExtent, _ word: String) {
    do throws(Failure) {
      _ = try PoolingGeometry(channels: 1 << 25, vertical: extent, horizontal: PoolingExtent(input: 5, window: 3))
      Issue.record("accepted")
    } catch {
      #expect(error.message.contains(word), "\(error.message)")
    }
    #expect(throws: Failure.self) {
      _ = try PoolingGeometry(channels: 0, vertical: PoolingExtent(input: 5, window: 1), horizontal: PoolingExtent(input: 5, window: 1))
    }
  }

  /// A window may be larger than the image as long as the padded image holds it.
  @Test func aWindowMayBeLargerThanTheImage() {
    #expect(poolingGeometry(1, 1, 1, window: 3, stride: 1, padding: 1)?.outputPixels == 1)
    #expect(poolingGeometry(1, 1, 1, window: 3, stride: 1) == nil)
  }
}
