import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct SequenceStreamTests {
    private static let samples = 5
    private static let steps = 6

    /// Sequences with missing values; a sample's first observation may come late.
    private func sequences(_ format: SequenceFormat, _ precision: Precision) throws -> Tile {
      let tile = try Tile(format.features, 16, 16, precision)
      for sample in 0..<Self.samples {
        for step in 0..<format.steps {
          let row = step * format.stepWidth
          if format.timeOffset >= 0 { tile[row, sample] = 0.3 * Double(step) + 0.01 * Double(step * step + sample) }
          for channel in 0..<format.channels {
            tile[row + format.valueOffset + channel, sample] = 0.7 * Double((3 * step + 5 * channel + sample) % 11) - 3
            if format.maskOffset >= 0 { tile[row + format.maskOffset + channel, sample] = (step + 2 * channel + sample) % 3 == 0 ? 1 : 0 }
          }
        }
      }
      return tile
    }

    private func stream(_ sampling: PathSampling, layers: Int = 1, _ precision: Precision) throws -> (SequenceStream, Arena) {
      var size = Arena.Size()
      SequenceStream.add(sampling.format, columns: 16, precision: precision, to: &size)
      let arena = try Arena(size)
      return (try SequenceStream(sampling, layers: layers, samples: Self.samples, columns: 16, precision: precision, arena), arena)
    }

    /// One step of all samples, as a caller's array of features × samples.
    private func observation(_ tile: Tile, _ step: Int, _ width: Int) -> TensorView {
      let block = tile.block.rows(step * width..<(step + 1) * width)
      return TensorView(block.base, type: ElementType(block.precision), rows: Self.samples, columns: width, rowStride: 1, columnStride: block.stride)
    }

    /// The drive of each observation has the bits of the whole sequence's drive, for observations and for events, in every layout.
    @Test(arguments: SequenceFormat.Layout.allCases.filter { $0 != .stateAndTimes }, Precision.allCases) func drivesHaveTheBitsOfWholeSequences(_ layout: SequenceFormat.Layout, _ precision: Precision) throws {
      let format = SequenceFormat(layout, steps: Self.steps, channels: 3)
      for form in [PathForm.value, .events] {
        let evolutions = form == .events ? 2 : 0
        let layers = Self.steps * (evolutions + 1)
        let sampling = try PathSampling(
          format, .none, form, hasPresence: form == .value && layout == .timesValuesAndMasks, isScaled: false, layers: layers, times: { 0.7 * Double($0) / Double(layers) }, nodes: [0, 0.5],
          evolutions: evolutions)
        for level in levels {
          try withInstructionSet(level) {
            let tile = try sequences(format, precision)
            let whole = try Tile(sampling.rows, 16, 16, precision)
            samplePaths(sampling, of: tile.block, into: whole.block)
            let (stream, arena) = try stream(sampling, layers: evolutions + 1, precision)
            let drive = try Tile(stream.driveRows, 16, 16, precision)
            #expect(stream.driveRows * layers == sampling.rows)
            for step in 0..<Self.steps {
              #expect(stream.take(observation(tile, step, format.stepWidth), nil, needsAllChannels: false) == nil)
              for layer in 0...evolutions {
                stream.drive(of: step, layer: layer, into: drive.block)
                let first = (step * (evolutions + 1) + layer) * stream.driveRows
                for row in 0..<stream.driveRows {
                  for sample in 0..<Self.samples { #expect(drive[row, sample] == whole[first + row, sample], "\(form) step \(step) layer \(layer) row \(row) sample \(sample)") }
                }
              }
              stream.keep()
            }
            withExtendedLifetime(arena) {}
          }
        }
      }
    }

    /// The first fault by samples is named. An observation that is refused changes nothing that is remembered.
    @Test(arguments: Precision.allCases) func faultsAreNamed(_ precision: Precision) throws {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 2, channels: 2)
      let sampling = try PathSampling(format, .none, .value, hasPresence: true, layers: 2, times: { Double($0) }, nodes: [0])
      let (stream, arena) = try stream(sampling, precision)
      let step = try Tile(5, 16, 16, precision)
      func fill(_ numbers: [Double]) { for sample in 0..<Self.samples { for (row, number) in numbers.enumerated() { step[row, sample] = number } } }
      func take(all: Bool = false) -> SequenceStream.Fault? { stream.take(observation(step, 0, 5), nil, needsAllChannels: all) }
      fill([1, 7, 8, 1, 0])
      #expect(take() == nil)
      #expect(take(all: true) == .missing(sample: 0, channel: 1))
      stream.keep()
      func remembered(_ sample: Int) throws -> [Double] {
        let numbers = try Numbers(stream.memoryWidth, .float64)
        stream.remembered(of: sample, into: numbers.vector, at: 0)
        return numbers.values
      }
      #expect(try remembered(4) == [1, 1, 7, 0])
      for (row, number, fault) in [
        (0, 0.5, SequenceStream.Fault.time(sample: 2, before: 1, here: 0.5)), (1, .infinity, .number(sample: 2, channel: 0)), (3, 0.25, .mask(sample: 2, channel: 0, mask: 0.25)),
        (0, .nan, .number(sample: 2, channel: nil)),
      ] {
        fill([1, 3, .nan, 1, 0])
        #expect(take() == nil)
        step[row, 2] = number
        #expect(take() == fault)
        #expect(try remembered(2) == [1, 1, 7, 0])
      }
      // A step without any channel counts nowhere, whatever its time.
      fill([-3, 3, .nan, 0, 0])
      #expect(take() == nil)
      stream.keep()
      #expect(try remembered(0) == [1, 1, 7, 0])
      let numbers = try Numbers([1, 9, 5, 6], .float64)
      stream.remember(of: 3, numbers.vector, at: 0)
      #expect(try remembered(3) == [1, 9, 5, 6] && remembered(2) == [1, 1, 7, 0])
      stream.clear()
      #expect(try remembered(3) == [0, 0, 0, 0])
      withExtendedLifetime(arena) {}
    }
  }
}
