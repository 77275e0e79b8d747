import CKernels

/// The 16 numbers of a pixel of a tile in registers.
#if V4
  typealias PixelRun<V: Lanes> = OneVector<V>
#elseif V3
  typealias PixelRun<V: Lanes> = TwoVectors<V>
#else
  typealias PixelRun<V: Lanes> = FourVectors<V>
#endif

/// The two of four rows, or columns, that an element of the input transform Bᵀ d B combines: 0 − 2, 1 + 2, 2 − 1, 1 − 3.
@inline(__always) func winogradPair(_ element: Int) -> (first: Int, second: Int) {
  switch element {
  case 0: (0, 2)
  case 1: (1, 2)
  case 2: (2, 1)
  default: (1, 3)
  }
}

/// Two rows of a padded image of a tile, combined pixel by pixel: row 1 of the transform adds, the others subtract. The image is read where it lies.
struct CombinedRow<F: Family> {
  typealias Pixel = PixelRun<F.Wide>
  private let upper: UnsafePointer<F.Scalar>
  private let lower: UnsafePointer<F.Scalar>
  /// 1 or −1; 0 for a row of zeros, in whose place the other row is read.
  private let upperFactor: F.Wide
  private let lowerFactor: F.Wide
  private let border: UnsafePointer<BorderCall>
  private let stride: Int
  /// The columns that lie in the image; none if both rows are zeros.
  private let first: Int
  private let end: Int

  /// Rows of the padded image, counted from the first tap of the first output.
  @inline(__always) init(_ border: UnsafePointer<BorderCall>, channel: Int, upper: Int, lower: Int, isSum: Bool) {
    let b = border.pointee
    let image = b.image.assumingMemoryBound(to: F.Scalar.self) + channel &* b.height &* b.width &* b.imageStride
    let (y, z) = (paddingSource(b.padding, upper &- b.top, b.height), paddingSource(b.padding, lower &- b.top, b.height))
    let row = b.width &* b.imageStride
    // Columns are counted from the first tap as well.
    let shifted = image - b.left &* b.imageStride
    self.upper = shifted + (y < 0 ? (z < 0 ? 0 : z) : y) &* row
    self.lower = shifted + (z < 0 ? (y < 0 ? 0 : y) : z) &* row
    upperFactor = F.Wide(y < 0 ? 0 : 1)
    lowerFactor = F.Wide(z < 0 ? 0 : isSum ? 1 : -1)
    self.border = border
    stride = b.imageStride
    first = b.left < 0 ? 0 : b.left
    end = y < 0 && z < 0 ? first : b.left &+ b.width
  }

  /// Whether `count` columns from `column` on are in the image.
  @inline(__always) func holds(_ column: Int, _ count: Int) -> Bool { column >= first && column &+ count <= end }

  /// A column of the image.
  @inline(__always) subscript(column: Int) -> Pixel {
    let place = column &* stride
    return Pixel.fma(lowerFactor, Pixel(loading: lower + place), Pixel.fma(upperFactor, Pixel(loading: upper + place), Pixel(F.Wide(0))))
  }

  /// Any column.
  @inline(__always) func padded(_ column: Int) -> Pixel {
    if holds(column, 1) { return self[column] }
    let x = first == end ? -1 : paddingSource(border.pointee.padding, column &- border.pointee.left, border.pointee.width)
    return x < 0 ? Pixel(F.Wide(0)) : self[x &+ border.pointee.left]
  }
}
