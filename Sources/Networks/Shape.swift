/// The extents of a sample between two stages of a network: channels × height × width, in this order in memory. Plain features are channels of one pixel.
package struct Shape: Equatable, Sendable {
  package let channels: Int
  package let height: Int
  package let width: Int

  package init(channels: Int, height: Int = 1, width: Int = 1) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// The number of rows that the sample takes in a tile.
  package var features: Int { channels * height * width }
}
