import CKernels
import CShims

#if V4
  /// One sample by F(2×2, 3×3), with the bits of the tile and with channels in lanes: small images have too few squares to fill registers, and their short rows make every loop over pixels short.
  ///
  /// Inputs and outputs of a group are multiples of a register. Each pixel's inputs become neighbors, in a plane [row, column, input] with its padding. The products multiply each transformed number of a square by the weights
  /// of a register of outputs. P and D (`WinogradRow`) lie as [register of outputs, square, output].
  enum WinogradChannels {
    private typealias Wide = Register<Float16>
    private typealias Run = OneVector<Wide>
    private typealias Four = FourOutputs<Run>
    private typealias Eight = Stacked<Four, Four>
    private typealias Ten = Stacked<Eight, TwoOutputs<Run>>
    private typealias Twelve = Stacked<Eight, Four>
    private typealias Fourteen = Stacked<Twelve, TwoOutputs<Run>>
    private typealias Room = WinogradRoom<FloatFamily>

    @inline(__always) static func convolve(_ call: UnsafeMutableRawPointer) {
      let c = UnsafePointer(call.assumingMemoryBound(to: WinogradCall.self))
      let (rows, columns) = ((c.pointee.height &+ 1) / 2, (c.pointee.width &+ 1) / 2)
      let count = rows &* columns
      let room = Room(c, squares: (count &+ Wide.count &- 1) / Wide.count &* Wide.count)
      var group = 0
      while group < c.pointee.groups {
        makePlane(c, group, room.results, height: 2 &* rows &+ 2, width: 2 &* columns &+ 2)
        var step = 0
        while step < 4 {
          let element = step == 0 ? 1 : step == 1 ? 2 : step == 2 ? 0 : 3
          transform(c, element, room, rows, columns)
          var products = room.row(c, group, element)
          multiply(&products, count)
          step &+= 1
        }
        writeResults(c, room, group, columns)
        group &+= 1
      }
    }

    // Inputs

    /// The image of a group's inputs as [row, column, input], with its padding and, for an odd height or width, one row or column more.
    /// - Parameter square: room for 16 × 16 numbers.
    @inline(never) private static func makePlane(_ c: UnsafePointer<WinogradCall>, _ group: Int, _ square: UnsafeMutablePointer<Float>, height: Int, width: Int) {
      let (border, inputs, lanes) = (c.pointee.border, c.pointee.inputs, Wide.count)
      let pixels = border.height &* border.width
      let plane = border.plane.assumingMemoryBound(to: Float.self)
      let image = border.image.assumingMemoryBound(to: Float.self) + group &* inputs &* pixels
      var input = 0
      while input < inputs {
        let from = image + input &* pixels
        var first = 0
        while first < pixels {
          // The last pixels are taken together with some that have been copied; a tiny image is read number by number.
          if pixels >= lanes {
            first = first > pixels &- lanes ? pixels &- lanes : first
            Float16.transpose(from + first, pixels, into: square, lanes)
          } else {
            Wide(loading: from + first, stride: pixels).store(square)
          }
          let count = pixels >= lanes ? lanes : 1
          var (y, x) = (first / border.width &+ border.top, first % border.width &+ border.left)
          var pixel = 0
          while pixel < count {
            // What lies outside of the plane is cut off.
            if y >= 0, y < height, x >= 0, x < width { Wide(loading: square + pixel &* lanes).store(plane + ((y &* width &+ x) &* inputs &+ input)) }
            x &+= 1
            if x == border.width &+ border.left { (y, x) = (y &+ 1, border.left) }
            pixel &+= 1
          }
          first &+= count
        }
        input &+= lanes
      }
      pad(border, plane, inputs, height: height, width: width)
    }

    /// The pixels around the image: zeros, or copies of the image's pixels.
    @inline(__always) private static func pad(_ border: BorderCall, _ plane: UnsafeMutablePointer<Float>, _ inputs: Int, height: Int, width: Int) {
      var y = 0
      while y < height {
        let isInside = y >= border.top && y < border.top &+ border.height
        let sourceY = paddingSource(border.padding, y &- border.top, border.height)
        var x = 0
        while x < width {
          if isInside, x >= border.left, x < border.left &+ border.width {
            x = border.left &+ border.width
            continue
          }
          let sourceX = paddingSource(border.padding, x &- border.left, border.width)
          let to = plane + (y &* width &+ x) &* inputs
          if sourceY < 0 || sourceX < 0 {
            fillNumbers(FloatFamily.self, to, 0, inputs)
          } else {
            copyNumbers(FloatFamily.self, plane + ((sourceY &+ border.top) &* width &+ sourceX &+ border.left) &* inputs, to, inputs)
          }
          x &+= 1
        }
        y &+= 1
      }
    }

    /// One row of the input transform Bᵀ d B: [column of the element, square, input].
    @inline(never) private static func transform(_ c: UnsafePointer<WinogradCall>, _ element: Int, _ room: Room, _ rows: Int, _ columns: Int) {
      let inputs = c.pointee.inputs
      let width = (2 &* columns &+ 2) &* inputs
      let plane = UnsafePointer(c.pointee.border.plane.assumingMemoryBound(to: Float.self))
      let (first, second) = winogradPair(element)
      let sign = Wide(element == 1 ? 1 : -1)
      let column = inputs &* room.squares &+ 16
      var input = 0
      while input < inputs {
        var to = room.inputs + input
        var row = 0
        while row < rows {
          var a = plane + ((2 &* row &+ first) &* width &+ input)
          var b = plane + ((2 &* row &+ second) &* width &+ input)
          var e0 = Wide.fma(sign, Wide(loading: b), Wide(loading: a))
          var e1 = Wide.fma(sign, Wide(loading: b + inputs), Wide(loading: a + inputs))
          var x = 0
          while x < columns {
            a += 2 &* inputs
            b += 2 &* inputs
            let e2 = Wide.fma(sign, Wide(loading: b), Wide(loading: a))
            let e3 = Wide.fma(sign, Wide(loading: b + inputs), Wide(loading: a + inputs))
            (e0 - e2).store(to)
            (e1 + e2).store(to + column)
            (e2 - e1).store(to + 2 &* column)
            (e1 - e3).store(to + 3 &* column)
            (e0, e1) = (e2, e3)
            to += inputs
            x &+= 1
          }
          row &+= 1
        }
        input &+= Wide.count
      }
    }

    // Products

    /// All outputs of `count` squares.
    @inline(__always) private static func multiply(_ r: UnsafePointer<WinogradRow<Float>>, _ count: Int) {
      switch squaresAtOnce(count, r.pointee.squares) {
      case 14: multiply(Fourteen.self, r, count)
      case 12: multiply(Twelve.self, r, count)
      case 10: multiply(Ten.self, r, count)
      default: multiply(Eight.self, r, count)
      }
    }

    /// The number of squares whose sums are in registers at once, with the fewest products of squares that do not exist. There is room for `most` squares.
    @inline(__always) private static func squaresAtOnce(_ count: Int, _ most: Int) -> Int {
      var (best, least) = (8, Int.max)
      var size = 14
      while size >= 8 {
        let parts = (count &+ size &- 1) / size
        // What surrounds the loop over the channels takes about as long as one square more.
        let cost = parts &* (size &+ 1)
        if parts &* size <= most, cost < least { (best, least) = (size, cost) }
        size &-= 2
      }
      return best
    }

    @inline(never) private static func multiply<T: SumTile>(_: T.Type, _ r: UnsafePointer<WinogradRow<Float>>, _ count: Int) where T.Run == OneVector<Register<Float16>> {
      let (channels, squares, part, lanes, row) = (r.pointee.channels, r.pointee.squares, r.pointee.sumAdvance, Wide.count, r.pointee.row)
      let column = channels &* squares &+ 16
      var output = 0
      while output < r.pointee.outputs {
        let weights = r.pointee.weights + output &* 4 &* channels
        var square = 0
        while square < count {
          let inputs = r.pointee.inputs + square &* channels
          let sums = r.pointee.sums + (output &* squares &+ square &* lanes)
          var (x, y) = (T(nil, 0), T(nil, 0))
          accumulate(&x, &y, weights + 4 &* channels, weights + 8 &* channels, inputs + column, inputs + 2 &* column, channels)
          (x, y) = (x + y, x - y)
          if row == 0 { (x, y) = (x + T(loading: sums, lanes), y + T(loading: sums + part, lanes)) }
          if row == 3 { (x, y) = (x + T(loading: sums + 2 &* part, lanes), y + T(loading: sums + 3 &* part, lanes)) }
          accumulate(&x, &y, weights, weights + 12 &* channels, inputs, inputs + 3 &* column, channels)
          winogradStore(x, y, row: row, sums, part, lanes)
          square &+= T.outputs
        }
        output &+= lanes
      }
    }

    /// Two elements side by side: x += p·u and y += q·v over the channels. u and v are four blocks of four outputs.
    @inline(__always) private static func accumulate<T: SumTile>(
      _ x: inout T, _ y: inout T, _ u: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ p: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ channels: Int
    ) where T.Run == OneVector<Register<Float16>> {
      var (u, v, p, q) = (u, v, p, q)
      var (a, b) = (x, y)
      var channel = channels
      while channel > 0 {
        a.add(spread: p, channels, Run(Wide(vector: sode_float16_load_fours(u, 16 &* channels))))
        sode_shim_keep_order()
        b.add(spread: q, channels, Run(Wide(vector: sode_float16_load_fours(v, 16 &* channels))))
        u += 4
        v += 4
        p += 1
        q += 1
        channel &-= 1
      }
      (x, y) = (a, b)
    }

    // Results

    /// The results of a group, a register of outputs and some pixels at a time.
    @inline(never) private static func writeResults(_ c: UnsafePointer<WinogradCall>, _ room: Room, _ group: Int, _ columns: Int) {
      let (width, lanes) = (c.pointee.width, Wide.count)
      let pixels = c.pointee.height &* width
      // So many pixels of a register of outputs have room.
      let most = (4 &* room.squares &+ 256) / (lanes &* lanes) &* lanes
      var output = 0
      while output < c.pointee.outputs {
        let channel = group &* c.pointee.outputs &+ output
        let bias = c.pointee.result.bias.map { $0.assumingMemoryBound(to: Float.self) + channel &* c.pointee.result.biasStride }
        let biases = bias.map { c.pointee.result.biasStride == 0 ? Wide($0.pointee) : Wide(loading: $0) } ?? Wide(0)
        let sums = room.sums + output &* room.squares
        var (first, y, x) = (0, 0, 0)
        while first < pixels {
          let count = pixels &- first < most ? pixels &- first : most
          var pixel = 0
          while pixel < count {
            // Each pixel's outputs are a row here. The last pixel is repeated where a register has more lanes.
            var lane = 0
            while lane < lanes {
              let from = sums + ((2 &* (y & 1) &+ (x & 1)) &* room.sumAdvance &+ (y / 2 &* columns &+ x / 2) &* lanes)
              (biases + Wide(loading: from)).store(room.results + (lane &* most &+ pixel))
              if first &+ pixel &+ lane &+ 1 < pixels { (y, x) = x &+ 1 == width ? (y &+ 1, 0) : (y, x &+ 1) }
              lane &+= 1
            }
            Float16.transpose(room.results + pixel, most, into: room.results + pixel, most)
            pixel &+= lanes
          }
          finish(FloatFamily.self, winogradResult(c), channel: channel, channels: lanes, pixel: first, step: 1, offset: 0, count: count, room.results, advance: most)
          first &+= count
        }
        output &+= lanes
      }
    }
  }
#endif
