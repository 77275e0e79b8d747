import LinearAlgebra
import Settings
import Testing

struct ConvolutionGeometryTests {
  @Test func sizesFollowFromTheExtents() throws {
    let geometry = try ConvolutionGeometry(
      inputChannels: 6, outputChannels: 4, groups: 2, vertical: ConvolutionExtent(input: 7, kernel: 3, stride: 2, dilation: 2, before: 1, after: 2),
      horizontal: ConvolutionExtent(input: 9, kernel: 2), padding: .replicate)
    #expect(geometry.vertical.output == 3)
    #expect(geometry.horizontal.output == 8)
    #expect(geometry.inputRows == 6 * 63)
    #expect(geometry.outputRows == 4 * 24)
    #expect(geometry.weightCount == 4 * 3 * 6)
  }

  /// Each refusal names the size that does not fit.
  @Test(arguments: [
    (ConvolutionExtent(input: 0, kernel: 1), "size"), (ConvolutionExtent(input: 5, kernel: 0), "kernel"), (ConvolutionExtent(input: 5, kernel: 3, stride: 0), "stride"),
    (ConvolutionExtent(input: 5, kernel: 3, dilation: 0), "dilation"), (ConvolutionExtent(input: 5, kernel: 3, before: -1), "padding before"),
    (ConvolutionExtent(input: 5, kernel: 3, after: -1), "padding after"), (ConvolutionExtent(input: 5, kernel: 6), "spans 6 pixels"),
    (ConvolutionExtent(input: 5, kernel: 3, dilation: 3), "spans 7 pixels"), (ConvolutionExtent(input: 5, kernel: 3, before: 5), "reflect"),
    (ConvolutionExtent(input: 1 << 40, kernel: 1), "size"), (ConvolutionExtent(input: 1 << 30, kernel: 1, before: 3, after: 3), "too large"),
  ])
  func whatDoesNotFitIsRefused(_ extent: ConvolutionExtent, _ word: String) {
    do throws(Failure) {
      let wide = ConvolutionExtent(input: 1 << 30, kernel: 1)
      let huge = extent.input == 1 << 30
      _ = try ConvolutionGeometry(inputChannels: huge ? 1 << 30 : 1, outputChannels: 1, vertical: extent, horizontal: huge ? wide : ConvolutionExtent(input: 5, kernel: 3), padding: .reflect)
      Issue.record("accepted")
    } catch {
      #expect(error.message.contains(word), "\(error.message)")
    }
  }

  @Test func groupsDivideTheChannels() {
    let extent = ConvolutionExtent(input: 5, kernel: 3)
    #expect(throws: Failure.self) { _ = try ConvolutionGeometry(inputChannels: 6, outputChannels: 4, groups: 3, vertical: extent, horizontal: extent) }
    #expect(throws: Failure.self) { _ = try ConvolutionGeometry(inputChannels: 0, outputChannels: 4, vertical: extent, horizontal: extent) }
  }

  /// A stride may be larger than the image, by any factor: K ⋆ x has one pixel, and its transpose has one that is not zero.
  @Test func aStrideMayBeLargerThanTheImage() throws {
    let geometry = try #require(convolutionGeometry(1, 1, 3, 4, kernel: 1, stride: 1 << 30))
    #expect(geometry.outputRows == 1)
    let weights = try Numbers(1, .float64, low: 2, high: 2)
    let x = try Tile(12, 16, 16, .float64, seed: 1)
    let run = ConvolutionRun(geometry: geometry, precision: .float64)
    #expect(try run.product(.forward, weights, x)[0, 3] == 2 * x[0, 3])
    let back = try run.product(.transposed, weights, Tile(1, 16, 16, .float64, low: 1, high: 1))
    for row in 0..<12 { #expect(back[row, 5] == (row == 0 ? 2 : 0)) }
  }

  /// A kernel may be larger than the image as long as the padded image holds it.
  @Test func aKernelMayBeLargerThanTheImage() {
    #expect(convolutionGeometry(1, 1, 2, 2, kernel: 5, padding: 2)?.vertical.output == 2)
    #expect(convolutionGeometry(1, 1, 2, 2, kernel: 5, padding: 1) == nil)
  }
}
