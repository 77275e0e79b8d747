import Glibc
import Settings

/// The discrete Fourier transform of the channels of images as an orthogonal map of real numbers, any height and width.
///
/// Along an axis of n pixels the real basis is √(1/n), √(2/n)·cos(2πmj/n), √(2/n)·sin(2πmj/n) for 0 < m < n/2, and √(1/n)·(−1)^j for even n. Products of both axes' functions combine to
///
///     re + i·im = √(2/hw) Σ_{y,x} u[y,x]·e^{+i(αy + βx)},   α = 2πp/h, β = 2πq/w
///
/// for one of each pair of frequencies (p, q) and (−p, −q); where both are the same, the coefficient is real, with √(1/hw). A periodic convolution out[y,x] = Σ_δ k[δ] u[y + δ₁, x + δ₂] multiplies re + i·im by
/// Σ_δ k[δ] e^{−i(αδ₁ + βδ₂)}.
///
/// Coefficients lie frequency by frequency: within one, by groups of channels, first the real parts of the group's channels, then the imaginary parts. Both axes are transformed by the affine kernels with matrices of n × n, so
/// that a sample has the same bits alone and in a tile.
/// Cost: 2hw(h + w) operations a channel and sample.
package final class ImageTransform: @unchecked Sendable {
  package let channels: Int
  package let height: Int
  package let width: Int
  /// Groups of channels whose coefficients lie together.
  package let groups: Int
  private let precision: Precision
  private let memory: Buffer
  /// Numbers from one line of a single sample's image to the next, a multiple of the columns that kernels take.
  private let line: Int

  /// - Throws: `memory`.
  package init(channels: Int, height: Int, width: Int, groups: Int = 1, precision: Precision) throws(Failure) {
    (self.channels, self.height, self.width, self.groups, self.precision) = (channels, height, width, groups, precision)
    line = Block.columns(forSamples: max(width, 2))
    memory = try Buffer(count: height * height + 2 * width * line, precision: precision)
    let (vertical, byFunctions, byPixels) = (verticalBasis, horizontalBasis(isByFunctions: true), horizontalBasis(isByFunctions: false))
    try Self.fillBasis(height) { function, pixel, value in vertical.store(value, at: function * height + pixel) }
    try Self.fillBasis(width) { function, pixel, value in
      byFunctions.store(value, at: function * line + pixel)
      byPixels.store(value, at: pixel * line + function)
    }
  }

  /// Rows of each of the two blocks of memory that the transforms use. The coefficients take the first `channels`·`height`·`width` of them.
  package var memoryRows: Int { channels * height * line }
  package var rows: Int { channels * height * width }

  /// The basis of the height, function by function.
  private var verticalBasis: Vector { memory.vector(count: height * height, precision: precision) }
  /// The basis of the width, function by function or pixel by pixel.
  private func horizontalBasis(isByFunctions: Bool) -> Vector {
    memory.vector(count: width * line, precision: precision, offset: (height * height + (isByFunctions ? 0 : width * line)) * precision.byteCount)
  }

  /// - Throws: `memory`; the reason why the work must end.
  private static func fillBasis(_ n: Int, _ store: (_ function: Int, _ pixel: Int, _ value: Double) -> Void) throws(Failure) {
    // √(2/n)·cos(2πi/n) and √(2/n)·sin(2πi/n) for 0 ≤ i < n.
    let table = try Buffer(count: 2 * n, precision: .float64)
    defer { withExtendedLifetime(table) {} }
    let (cosines, sines) = (table.vector(count: n, precision: .float64), table.vector(count: n, precision: .float64, offset: 8 * n))
    for index in 0..<n {
      if index % 4096 == 0 { try Watch.check() }
      let angle = 2 * Double.pi * Double(index) / Double(n)
      cosines.store((2 / Double(n)).squareRoot() * cos(angle), at: index)
      sines.store((2 / Double(n)).squareRoot() * sin(angle), at: index)
    }
    for pixel in 0..<n {
      try Watch.check()
      store(0, pixel, (1 / Double(n)).squareRoot())
      for m in 1..<max(1, (n + 1) / 2) {
        store(2 * m - 1, pixel, cosines.load(m * pixel % n))
        store(2 * m, pixel, sines.load(m * pixel % n))
      }
      if n > 1, n % 2 == 0 { store(n - 1, pixel, (1 / Double(n)).squareRoot() * (pixel % 2 == 0 ? 1 : -1)) }
    }
  }

  // MARK: Frequencies

  /// One frequency, of whose pair of equal magnitudes the other is not visited.
  package struct Frequency {
    /// p of the height and q of the width, between −n/2 and n/2.
    package let vertical: Int
    package let horizontal: Int
    /// Whether the coefficients are real.
    package let isReal: Bool
    /// The coefficients of one channel before it.
    package let first: Int
    package var count: Int { isReal ? 1 : 2 }
  }

  /// The frequencies in the order of the coefficients.
  package func forEachFrequency(_ body: (Frequency) -> Void) {
    var first = 0
    forEachCombination { y, x in
      func visit(_ p: Int, _ q: Int, isReal: Bool = false) {
        body(Frequency(vertical: p, horizontal: q, isReal: isReal, first: first))
        first += isReal ? 1 : 2
      }
      visit(y.frequency, x.frequency, isReal: !y.isPair && !x.isPair)
      if y.isPair && x.isPair { visit(y.frequency, -x.frequency) }
    }
  }

  /// Functions of one axis: one of a frequency that is its own negative, or a cosine followed by its sine.
  private struct Functions {
    let frequency: Int
    let first: Int
    let isPair: Bool
  }

  @inline(__always) private func forEachCombination(_ body: (_ y: Functions, _ x: Functions) -> Void) {
    func functions(_ n: Int, _ body: (Functions) -> Void) {
      body(Functions(frequency: 0, first: 0, isPair: false))
      for m in 1..<max(1, (n + 1) / 2) { body(Functions(frequency: m, first: 2 * m - 1, isPair: true)) }
      if n > 1, n % 2 == 0 { body(Functions(frequency: n / 2, first: n - 1, isPair: false)) }
    }
    functions(height) { y in functions(width) { x in body(y, x) } }
  }

  // MARK: Transforms

  /// z = the coefficients of x.
  ///
  /// - Parameters:
  ///   - x: channels·height·width rows, one column or a multiple of 16, without gaps.
  ///   - z, spare: `memoryRows` rows, as many columns.
  /// - Returns: the coefficients, the beginning of z.
  package func forward(_ x: Block, into z: Block, spare: Block) -> Block {
    assert(x.rows == rows && x.isContiguous && z.rows == memoryRows && spare.rows == memoryRows, "ImageTransform: shapes")
    let coefficients = z.packed(rows: rows, columns: x.columns)
    if x.columns == 1 {
      let (padded, turned) = (lines(spare), lines(z))
      fill(padded, 0)
      copy(Block(x.base, rows: channels * height, columns: width, precision: precision), into: padded.columns(width))
      forEachPlane(columns: 1) { product(verticalMatrix, padded.rows($0), into: turned.rows($0)) }
      product(matrix(of: turned), horizontalBlock(isByFunctions: false), into: padded)
    } else {
      let (grid, turned) = (spare.packed(rows: rows, columns: x.columns), coefficients)
      forEachPlane(columns: x.columns) { product(verticalMatrix, plane(x, $0), into: plane(turned, $0)) }
      forEachLine(columns: x.columns) { product(horizontalMatrix, turned.rows($0), into: grid.rows($0)) }
    }
    move(grid: spare, to: coefficients)
    return coefficients
  }

  /// out = the images with the coefficients z, whose memory is overwritten; the exact transpose of `forward` but for rounding.
  package func inverse(_ z: Block, into out: Block, spare: Block) {
    assert(out.rows == rows && out.isContiguous && z.rows == memoryRows && spare.rows == memoryRows, "ImageTransform: shapes")
    let coefficients = z.packed(rows: rows, columns: out.columns)
    move(grid: spare, from: coefficients)
    if out.columns == 1 {
      let (padded, turned) = (lines(spare), lines(z))
      product(matrix(of: padded), horizontalBlock(isByFunctions: true), into: turned)
      forEachPlane(columns: 1) { product(verticalMatrix.transposed, turned.rows($0), into: padded.rows($0)) }
      copy(padded.columns(width), into: Block(out.base, rows: channels * height, columns: width, precision: precision))
    } else {
      let (grid, turned) = (spare.packed(rows: rows, columns: out.columns), coefficients)
      forEachLine(columns: out.columns) { product(horizontalMatrix.transposed, grid.rows($0), into: turned.rows($0)) }
      forEachPlane(columns: out.columns) { product(verticalMatrix.transposed, plane(turned, $0), into: plane(out, $0)) }
    }
  }

  private var verticalMatrix: Matrix { Matrix(memory.base, rows: height, columns: height, precision: precision) }
  /// Functions × pixels.
  private var horizontalMatrix: Matrix {
    Matrix(horizontalBasis(isByFunctions: true).base, rows: width, columns: width, rowStride: line, columnStride: 1, precision: precision)
  }
  private func horizontalBlock(isByFunctions: Bool) -> Block { Block(horizontalBasis(isByFunctions: isByFunctions).base, rows: width, columns: line, precision: precision) }

  private func product(_ matrix: Matrix, _ x: Block, into out: Block) {
    affine(matrix, bias: nil, activation: .identity, of: x, scale: 1, addingTo: nil, into: out, slope: nil)
  }

  /// Planes or lines of a piece, each of which has as many results, which are sums over the inputs.
  private func pieceSize(numbers: Int, inputs: Int) -> Int { max(1, min(BlockPieces.numbers, ProductPieces.operations / inputs) / max(numbers, 1)) }

  /// The ranges of lines of each channel, in pieces between which this thread's watch is asked.
  private func forEachPlane(columns: Int, _ body: (Range<Int>) -> Void) {
    forEachPiece(of: channels, pieceSize(numbers: height &* width &* columns, inputs: height)) { piece in
      for channel in piece { body(channel * height..<(channel + 1) * height) }
    }
  }

  /// The rows of each line of a tile, in pieces between which this thread's watch is asked.
  private func forEachLine(columns: Int, _ body: (Range<Int>) -> Void) {
    forEachPiece(of: channels * height, pieceSize(numbers: width &* columns, inputs: width)) { piece in
      for line in piece { body(line * width..<(line + 1) * width) }
    }
  }

  /// Lines of a tile's channel, in which pixels and samples are one row.
  private func plane(_ block: Block, _ lines: Range<Int>) -> Block {
    let columns = width * block.columns
    return Block(block.base + lines.lowerBound * columns * precision.byteCount, rows: lines.count, columns: columns, precision: precision)
  }

  /// Memory as the lines of a single sample's image.
  private func lines(_ memory: Block) -> Block { Block(memory.base, rows: channels * height, columns: line, precision: precision) }
  private func matrix(of lines: Block) -> Matrix { Matrix(lines.base, rows: lines.rows, columns: width, rowStride: line, columnStride: 1, precision: precision) }

  /// Between the grid of coefficients of both axes' functions and coefficients by frequency: for two pairs the orthogonal (cc − ss, sc + cs, cc + ss, sc − cs)/√2.
  private func move(grid: Block, to coefficients: Block) {
    let half = 0.5.squareRoot()
    forEachPart(grid, coefficients) { place, part in
      let (y, x) = (place.y, place.x)
      switch (y.isPair, x.isPair) {
      case (false, false): copy(place.grid(0, 0), into: part(0))
      case (false, true):
        copy(place.grid(0, 0), into: part(0))
        copy(place.grid(0, 1), into: part(1))
      case (true, false):
        copy(place.grid(0, 0), into: part(0))
        copy(place.grid(1, 0), into: part(1))
      case (true, true):
        combine(half, place.grid(0, 0), -half, place.grid(1, 1), into: part(0))
        combine(half, place.grid(1, 0), half, place.grid(0, 1), into: part(1))
        combine(half, place.grid(0, 0), half, place.grid(1, 1), into: part(2))
        combine(half, place.grid(1, 0), -half, place.grid(0, 1), into: part(3))
      }
    }
  }

  private func move(grid: Block, from coefficients: Block) {
    let half = 0.5.squareRoot()
    forEachPart(grid, coefficients) { place, part in
      let (y, x) = (place.y, place.x)
      switch (y.isPair, x.isPair) {
      case (false, false): copy(part(0), into: place.grid(0, 0))
      case (false, true):
        copy(part(0), into: place.grid(0, 0))
        copy(part(1), into: place.grid(0, 1))
      case (true, false):
        copy(part(0), into: place.grid(0, 0))
        copy(part(1), into: place.grid(1, 0))
      case (true, true):
        combine(half, part(0), half, part(2), into: place.grid(0, 0))
        combine(half, part(1), half, part(3), into: place.grid(1, 0))
        combine(half, part(1), -half, part(3), into: place.grid(0, 1))
        combine(half, part(2), -half, part(0), into: place.grid(1, 1))
      }
    }
  }

  /// The rows of one group's channels in the grid that belong to functions of both axes.
  private struct Place {
    let y: Functions
    let x: Functions
    let block: Block
    let line: Int

    /// Cosine or sine of either axis.
    func grid(_ i: Int, _ j: Int) -> Block {
      Block(
        block.base + ((y.first + i) * line + x.first + j) * block.columns * block.precision.byteCount, rows: block.rows, columns: block.columns, stride: block.stride,
        precision: block.precision)
    }
  }

  /// Visits each group of channels at each combination of functions, with the coefficients' parts in order.
  @inline(__always) private func forEachPart(_ grid: Block, _ coefficients: Block, _ body: (Place, (Int) -> Block) -> Void) {
    let (columns, size) = (coefficients.columns, channels / groups)
    let line = columns == 1 ? self.line : width
    let channel = height * line * columns
    let watch = Watch.current
    var (first, unasked) = (0, 0)
    forEachCombination { y, x in
      let parts = (y.isPair ? 2 : 1) * (x.isPair ? 2 : 1)
      // The watch is asked after about `BlockPieces.numbers` numbers have been moved.
      unasked += parts * channels * columns
      if unasked >= BlockPieces.numbers {
        unasked = 0
        if watch.isOver { return }
      }
      for group in 0..<groups {
        let block = Block(grid.base + group * size * channel * precision.byteCount, rows: size, columns: columns, stride: channel, precision: precision)
        body(Place(y: y, x: x, block: block, line: line)) { part in
          // Two frequencies lie one after the other, each with all groups.
          let perFrequency = min(parts, 2)
          let row = first + (part / 2 * groups + group) * perFrequency * size + part % 2 * size
          return coefficients.rows(row..<row + size)
        }
      }
      first += parts * channels
    }
  }
}

extension Block {
  /// The first columns, as a view with the same rows.
  fileprivate func columns(_ count: Int) -> Block { Block(base, rows: rows, columns: count, stride: stride, precision: precision) }
}
