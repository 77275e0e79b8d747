import LinearAlgebra
import Settings
import Testing

struct NormalizationGeometryTests {
  @Test func rowsFollowFromTheSet() throws {
    let group = try NormalizationGeometry(channels: 6, pixels: 10, .groups(2))
    #expect(group.rows == 60 && group.statisticsRows == 6 && group.sumRows == 4)
    let pixel = try NormalizationGeometry(channels: 6, pixels: 10, .pixels)
    #expect(pixel.statisticsRows == 10 && pixel.sumRows == 10 && pixel.groups == 1)
  }

  /// Each refusal names what does not fit.
  @Test(arguments: [(0, 1, 1, "channels"), (4, 0, 1, "pixels"), (4, 1, 0, "groups"), (4, 1, 3, "divide"), (1 << 31, 1, 1, "channels")])
  func whatDoesNotFitIsRefused(_ channels: Int, _ pixels: Int, _ groups: Int, _ word: String) {
    do throws(Failure) {
      _ = try NormalizationGeometry(channels: channels, pixels: pixels, .groups(groups))
      Issue.record("accepted")
    } catch {
      #expect(error.message.contains(word), "\(error.message)")
    }
  }
}
