import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct SequencePathTests {
    /// A tile of sequences, made from functions that return the times, values and masks of each sample.
    private func tile(
      _ format: SequenceFormat, columns: Int = 16, _ precision: Precision = .float64, time: (_ sample: Int, _ step: Int) -> Double = { Double($1) },
      value: (_ sample: Int, _ step: Int, _ channel: Int) -> Double, isObserved: (_ sample: Int, _ step: Int, _ channel: Int) -> Bool = { _, _, _ in true }
    ) throws -> Tile {
      let tile = try Tile(format.features, columns, columns, precision)
      for sample in 0..<columns {
        for step in 0..<format.steps {
          let row = step * format.stepWidth
          if format.timeOffset >= 0 { tile[row + format.timeOffset, sample] = time(sample, step) }
          for channel in 0..<format.channels {
            tile[row + format.valueOffset + channel, sample] = value(sample, step, channel)
            if format.maskOffset >= 0 { tile[row + format.maskOffset + channel, sample] = isObserved(sample, step, channel) ? 1 : 0 }
          }
        }
      }
      return tile
    }

    private func sample(_ sampling: PathSampling, _ tile: Tile) throws -> Tile {
      let out = try Tile(sampling.rows, tile.columns, tile.columns, tile.numbers.precision)
      samplePaths(sampling, of: tile.block, into: out.block)
      return out
    }

    private static let nodes = [0, 0.25, 0.5, 1]
    /// Irregular times, between 0.05 and 7 apart, which differ between samples.
    private static func irregular(_ sample: Int, _ step: Int) -> Double { [0, 0.05, 1, 8, 8.5][step] * (1 + Double(sample) / 7) + Double(sample) - 3 }

    private func grid(_ layers: Int, _ horizon: Double) -> [Double] { (0...layers).map { horizon * Double($0) / Double(layers) } }

    /// Both interpolations keep straight paths straight for any times. The derivative is the slope times the speed at which the time span is traversed.
    @Test(arguments: [PathInterpolation.linear, .hermite], Precision.allCases) func affinePathsAreExact(_ interpolation: PathInterpolation, _ precision: Precision) throws {
      let format = SequenceFormat(.timesAndValues, steps: 5, channels: 2)
      let slope = [2, -0.7]
      for level in levels {
        let tile = try tile(format, precision, time: Self.irregular, value: { s, j, c in 1 + slope[c] * Self.irregular(s, j) })
        for isScaled in [true, false] {
          let times = grid(7, 2.5)
          func sampling(_ form: PathForm) throws -> PathSampling { try PathSampling(format, interpolation, form, isScaled: isScaled, times: times, nodes: Self.nodes) }
          let values = try withInstructionSet(level) { try sample(sampling(.value), tile) }
          let derivatives = try withInstructionSet(level) { try sample(sampling(.derivative), tile) }
          for s in 0..<16 {
            let (first, last) = (Self.irregular(s, 0), Self.irregular(s, 4))
            for layer in 0..<7 {
              for (n, node) in Self.nodes.enumerated() {
                let time = times[layer] + node * 2.5 / 7
                let own = isScaled ? first + (last - first) * time / 2.5 : time
                // At an observation a path has the slope of the side on which the layer lies.
                if !isScaled, abs(own - first) < 1e-3 || abs(own - last) < 1e-3 { continue }
                let isInside = isScaled || (own > first && own < last)
                for c in 0..<2 {
                  let row = (layer * 4 + n) * 2 + c
                  let expected = 1 + slope[c] * min(max(own, first), last)
                  // Sums of numbers up to 40. In the slope the shortest interval amplifies the rounding errors of its two values by 20, and the speed amplifies them by 10 and more.
                  #expect(abs(values[row, s] - expected) < 200 * precision.epsilon)
                  let rate = isInside ? slope[c] * (isScaled ? (last - first) / 2.5 : 1) : 0
                  #expect(abs(derivatives[row, s] - rate) < 50_000 * precision.epsilon, "\(interpolation) \(isScaled) sample \(s), \(own) in \(first)...\(last)")
                }
              }
            }
          }
        }
      }
    }

    /// Hermite passes through the observations with the slopes of backward differences, continuous from piece to piece; its derivative is the derivative of its value.
    @Test func hermiteHasBackwardDifferencesForSlopes() throws {
      let format = SequenceFormat(.timesAndValues, steps: 5, channels: 1)
      let y = [0.3, -1, 2, 1.5, 0.2]
      let t = (0..<5).map { Self.irregular(0, $0) }
      let tile = try tile(format, columns: 1, time: Self.irregular, value: { _, j, _ in y[j] })
      func at(_ times: [Double], _ form: PathForm) throws -> [Double] {
        // The layers begin at these times; the last boundary is not a point.
        let sampling = try PathSampling(format, .hermite, form, isScaled: false, times: times.map { $0 } + [times[times.count - 1] + 1e-3], nodes: [0])
        return try sample(sampling, tile).numbers.values
      }
      // The first time of the block is arbitrary, because times are the sample's own.
      let knots = try at(t, .value)
      #expect(zip(knots, y).allSatisfy { abs($0 - $1) < 1e-12 })
      let slopes = try at(Array(t.dropLast()), .derivative)
      var expected: [Double] = []
      for j in [1, 1, 2, 3] {
        let (rise, run) = (y[j] - y[j - 1], t[j] - t[j - 1])
        expected.append(rise / run)
      }
      #expect(zip(slopes, expected).allSatisfy { abs($0 - $1) < 1e-9 })
      // Central differences of the value, distance 1e-5: errors of 1e-10 times third derivatives below 1e5.
      for time in [-2.99, -2.5, 1.3, 4.9, 5.2] {
        let difference = try at([time - 1e-5, time + 1e-5], .value)
        #expect(abs((difference[1] - difference[0]) / 2e-5 - (try at([time], .derivative))[0]) < 1e-4)
      }
      // Computed by hand at the middle of the piece from x₁ to x₂: x₁ + ⅜·2(x₂−x₁)·… : u²(2−u) = 3/8, u(1−u)² = 1/8.
      let middle = try at([(t[1] + t[2]) / 2], .value)[0]
      let m0 = (y[1] - y[0]) / (t[1] - t[0]) * (t[2] - t[1])
      #expect(abs(middle - (y[1] + 0.375 * (y[2] - y[1]) + 0.125 * m0)) < 1e-12)
    }

    /// Steps without times have the same bits as steps at times 0, 1, 2 ….
    @Test(arguments: [PathInterpolation.linear, .hermite]) func regularIsIrregularWithEqualTimes(_ interpolation: PathInterpolation) throws {
      let (regular, irregular) = (SequenceFormat(.values, steps: 6, channels: 3), SequenceFormat(.timesAndValues, steps: 6, channels: 3))
      let noise = try Numbers(6 * 3 * 16, .float64, seed: 8)
      let value = { (s: Int, j: Int, c: Int) in noise[(j * 3 + c) * 16 + s] }
      for form in [PathForm.value, .derivative] {
        let all = try [regular, irregular].map { format in
          try sample(PathSampling(format, interpolation, form, times: grid(9, 3), nodes: Self.nodes), try tile(format, value: value)).numbers.values
        }
        #expect(all[0].map(\.bitPattern) == all[1].map(\.bitPattern))
      }
    }

    private static let forms: [(PathForm, PathInterpolation, Int)] = [
      (.value, .linear, 6), (.value, .hermite, 6), (.derivative, .linear, 6), (.derivative, .hermite, 6), (.value, .none, 5), (.events, .none, 15),
    ]

    private func sampling(_ format: SequenceFormat, _ index: Int, isScaled: Bool = true) throws -> PathSampling {
      let (form, interpolation, layers) = Self.forms[index]
      return try PathSampling(
        format, interpolation, form, hasPresence: form == .value, isScaled: isScaled, times: grid(layers, 9), nodes: form == .derivative ? Self.nodes : [0, 1],
        evolutions: form == .events ? 2 : 0)
    }

    /// Padding at the beginning, in between and at the end changes no row, and the contents of padded steps do not matter.
    @Test(arguments: 0..<4, [true, false]) func paddingChangesNothing(_ index: Int, _ isScaled: Bool) throws {
      let (short, long) = (SequenceFormat(.timesValuesAndMasks, steps: 5, channels: 2), SequenceFormat(.timesValuesAndMasks, steps: 9, channels: 2))
      let place = [1, 2, 4, 5, 6]
      let noise = try Numbers(5 * 2 * 16, .float64, seed: 9)
      // Both channels are observed at the ends, and one of them at some steps in between.
      let isObserved = { (s: Int, j: Int, c: Int) in j == 0 || j == 4 || (s + j + c) % 3 != 0 }
      let plain = try sample(
        sampling(short, index, isScaled: isScaled), try tile(short, time: Self.irregular, value: { s, j, c in noise[(j * 2 + c) * 16 + s] }, isObserved: isObserved))
      let padded = try sample(
        sampling(long, index, isScaled: isScaled),
        try tile(
          long, time: { s, j in place.firstIndex(of: j).map { Self.irregular(s, $0) } ?? -77 },
          value: { s, j, c in place.firstIndex(of: j).map { noise[($0 * 2 + c) * 16 + s] } ?? 1e30 },
          isObserved: { s, j, c in place.firstIndex(of: j).map { isObserved(s, $0, c) } ?? false }))
      #expect(plain.numbers.values.map(\.bitPattern) == padded.numbers.values.map(\.bitPattern))
    }

    /// Each channel's path passes through its own observations, independently of the other channels.
    @Test func channelsHaveTheirOwnKnots() throws {
      let (two, one) = (SequenceFormat(.timesValuesAndMasks, steps: 5, channels: 2), SequenceFormat(.timesAndValues, steps: 3, channels: 1))
      let observed = [0, 2, 4]
      let noise = try Numbers(10, .float64, seed: 10)
      for index in 0..<4 {
        var both = try sampling(two, index)
        both = try PathSampling(two, both.interpolation, both.form, times: grid(6, 9), nodes: [0, 1])
        let alone = try PathSampling(one, both.interpolation, both.form, times: grid(6, 9), nodes: [0, 1])
        let first = try sample(both, try tile(two, time: Self.irregular, value: { _, j, c in noise[j + 5 * c] }, isObserved: { _, j, c in c == 0 || observed.contains(j) }))
        let second = try sample(alone, try tile(one, time: { s, j in Self.irregular(s, observed[j]) }, value: { _, j, _ in noise[observed[j] + 5] }))
        #expect((0..<12).allSatisfy { row in (0..<16).allSatisfy { first[2 * row + 1, $0] == second[row, $0] } })
      }
    }

    /// Without interpolation a layer reads one step. An unobserved channel has its last value, or 0 before the first, and the row of presence tells whether there is an observation.
    @Test func stepsHoldTheLastObservation() throws {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 4, channels: 2)
      let masks = [[false, true], [true, false], [false, false], [true, true]]
      let tile = try tile(format, columns: 1, value: { _, j, c in Double(10 * j + c + 1) }, isObserved: { _, j, c in masks[j][c] })
      let sampling = try PathSampling(format, .none, .value, hasPresence: true, times: grid(4, 1), nodes: [0])
      #expect(try sample(sampling, tile).numbers.values == [1, 0, 2, 1, 11, 2, 0, 11, 2, 1, 31, 32])
    }

    /// Between observations the row is the sample's time since the last one, divided by the flow's layers and their step size; at an observation it is its weight. A padded step has neither.
    @Test func eventsCarryTheTimeSinceTheLast() throws {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 4, channels: 1)
      let tile = try tile(format, columns: 1, time: { _, j in [2, 2.5, 99, 6][j] }, value: { _, j, _ in Double(j + 5) }, isObserved: { _, j, _ in j != 2 })
      for (isScaled, unit) in [(false, 1.0), (true, 3.0 / 4)] {
        // 12 layers of step size ¼: two for the flow, then one for the observation.
        let sampling = try PathSampling(format, .none, .events, isScaled: isScaled, times: grid(12, 3), nodes: [0], evolutions: 2)
        let rows = try sample(sampling, tile).numbers.values
        let gaps = [0, 0.5, 0, 3.5].map { $0 * unit / (2 * 0.25) }
        let (weight, held): ([Double], [Double]) = ([4, 4, 0, 4], [5, 6, 6, 8])
        var expected: [Double] = []
        for step in 0..<4 { expected += [gaps[step], 0, 0, gaps[step], 0, 0, 0, weight[step], held[step]] }
        #expect(zip(rows, expected).allSatisfy { abs($0 - $1) < 1e-14 }, "\(rows)")
      }
    }

    /// ⟨Jv, w⟩ = ⟨v, Jᵀw⟩ for every form; times and masks get zero. The tangent is the difference of two values, because paths are affine in the observations.
    @Test(arguments: forms.indices) func theTransposeIsThatOfTheTangent(_ index: Int) throws {
      for level in levels {
        for precision in Precision.allCases {
          let format = SequenceFormat(.timesValuesAndMasks, steps: 5, channels: 2)
          let sampling = try self.sampling(format, index)
          let noise = try Numbers(5 * 2 * 16, .float64, seed: 9)
          let isObserved = { (s: Int, j: Int, c: Int) in (s + j + c) % 3 != 0 }
          let primal = try tile(format, precision, time: Self.irregular, value: { s, j, c in noise[(j * 2 + c) * 16 + s] }, isObserved: isObserved)
          let tangent = try Tile(format.features, 16, 16, precision, seed: 3)
          let (image, cotangent, back) = (try Tile(sampling.rows, 16, 16, precision), try Tile(sampling.rows, 16, 16, precision, seed: 4), try Tile(format.features, 16, 16, precision))
          fill(back.block, 0)
          withInstructionSet(level) {
            samplePathTangents(sampling, of: primal.block, tangent: tangent.block, into: image.block)
            accumulatePathCotangents(sampling, of: primal.block, cotangent: cotangent.block, addingTo: back.block)
          }
          let forward = zip(image.numbers.values, cotangent.numbers.values).reduce(0) { $0 + $1.0 * $1.1 }
          let backward = zip(tangent.numbers.values, back.numbers.values).reduce(0) { $0 + $1.0 * $1.1 }
          // Slopes of the shortest intervals are up to 20 times the values; there are a few hundred terms.
          #expect(abs(forward - backward) < 20_000 * precision.epsilon)
          #expect(backward != 0)
          for step in 0..<5 { for range in format.exempt(step) { for row in range { #expect((0..<16).allSatisfy { back[row, $0] == 0 }) } } }

          guard precision == .float64 else { continue }
          let moved = try tile(
            format, precision, time: Self.irregular, value: { s, j, c in noise[(j * 2 + c) * 16 + s] + tangent[j * 5 + 1 + c, s] }, isObserved: isObserved)
          let (before, after) = (try sample(sampling, primal), try sample(sampling, moved))
          #expect(image.worstError(keeping: []) { after[$0, $1] - before[$0, $1] } < 1e-11)
        }
      }
    }

    /// A sample has the same bits alone and in a tile.
    @Test(arguments: forms.indices, Precision.allCases) func aSampleAloneHasTheSameBits(_ index: Int, _ precision: Precision) throws {
      for level in levels {
        let format = SequenceFormat(.timesValuesAndMasks, steps: 5, channels: 2)
        let sampling = try self.sampling(format, index)
        let noise = try Numbers(5 * 2 * 32, .float64, seed: 9)
        let tile = try tile(
          format, columns: 32, precision, time: Self.irregular, value: { s, j, c in noise[(j * 2 + c) * 32 + s] }, isObserved: { s, j, c in (s + j + c) % 3 != 0 })
        let (all, alone) = try withInstructionSet(level) { (try sample(sampling, tile), try sample(sampling, try tile.sample(21))) }
        #expect(all.column(21, hasTheBitsOf: alone))
      }
    }

    /// With one observation, or none, the path is constant.
    @Test func aSingleObservationMakesAConstantPath() throws {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 3, channels: 1)
      let tile = try tile(format, columns: 16, time: Self.irregular, value: { s, _, _ in Double(s + 1) }, isObserved: { s, j, _ in s > 0 && j == 1 })
      for interpolation in [PathInterpolation.linear, .hermite] {
        let values = try sample(PathSampling(format, interpolation, .value, times: grid(4, 1), nodes: [0, 1]), tile)
        let derivatives = try sample(PathSampling(format, interpolation, .derivative, times: grid(4, 1), nodes: [0, 1]), tile)
        #expect((0..<8).allSatisfy { row in (0..<16).allSatisfy { values[row, $0] == ($0 == 0 ? 0 : Double($0 + 1)) && derivatives[row, $0] == 0 } })
      }
      let beginning = try sample(PathSampling(beginningOf: format), tile)
      #expect((0..<16).allSatisfy { beginning[0, $0] == ($0 == 0 ? 0 : Double($0 + 1)) })
    }

    /// Each channel begins with its first observation, also where a later one has the same time, and where all have it.
    @Test(arguments: [[0.0, 0, 1], [0, 0, 0], [0, 1, 1]]) func thePathBeginsWithTheFirstObservation(_ times: [Double]) throws {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 3, channels: 2)
      let tile = try tile(format, columns: 16, time: { _, j in times[j] }, value: { s, j, c in Double(100 * c + 10 * j + s) }, isObserved: { _, j, c in c == 0 || j > 0 })
      let beginning = try sample(PathSampling(beginningOf: format), tile)
      #expect((0..<16).allSatisfy { beginning[0, $0] == Double($0) && beginning[1, $0] == Double(110 + $0) })
    }

    @Test func featuresAsTheyLieAreRecognized() throws {
      let format = SequenceFormat(.values, steps: 4, channels: 2)
      #expect(try PathSampling(format, .none, .value, times: grid(4, 1), nodes: [0]).isIdentity)
      #expect(try !PathSampling(format, .none, .value, times: grid(4, 1), nodes: [0, 1]).isIdentity)
      #expect(try !PathSampling(format, .none, .value, hasPresence: true, times: grid(4, 1), nodes: [0]).isIdentity)
      #expect(try !PathSampling(format, .linear, .value, times: grid(4, 1), nodes: [0]).isIdentity)
      #expect(try !PathSampling(SequenceFormat(.timesAndValues, steps: 4, channels: 2), .none, .value, times: grid(4, 1), nodes: [0]).isIdentity)
    }

    @Test func faultsAreFound() {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 3, channels: 1)
      func fault(_ numbers: [Float]) -> (sample: Int, step: Int, fault: SequenceFault)? {
        numbers.withUnsafeBytes { bytes in
          bytes.baseAddress.flatMap { firstSequenceFault(TensorView($0, type: .float32, rows: numbers.count / 9, columns: 9), format, precision: .float32, isScaled: false, allowsJumps: true) }
        }
      }
      let sound: [Float] = [1, 5, 1, -9, 5, 0, 1, 7, 1]
      #expect(fault(sound) == nil)
      #expect(fault(sound + [3, 0, 1, 2, 0, 1, 4, 0, 1]).map { $0 == (1, 1, .time(before: 3, here: 2)) } == true)
      #expect(fault([1, 5, 0.5, 2, 5, 0, 1, 7, 1]).map { $0 == (0, 0, .mask(0.5)) } == true)
      let bytes: [UInt8] = [1, 2, 9, 1, 3, 0]
      let found = bytes.withUnsafeBytes { raw in
        raw.baseAddress.flatMap { firstSequenceFault(TensorView($0, type: .uint8, rows: 1, columns: 6), SequenceFormat(.timesAndValues, steps: 3, channels: 1), precision: .float32, isScaled: false, allowsJumps: true) }
      }
      #expect(found.map { $0 == (0, 2, .time(before: 9, here: 3)) } == true)
    }

    /// Finds a channel that is observed twice at one time, in neighboring steps or across steps of other channels and padding, and times that are equal only in float32. Observations of different channels at one
    /// time are not a jump.
    @Test func jumpsAreFoundInTheNetworksPrecision() {
      let format = SequenceFormat(.timesValuesAndMasks, steps: 4, channels: 2)
      func fault(_ steps: [[Double]], _ precision: Precision = .float64, allowsJumps: Bool = false) -> (step: Int, fault: SequenceFault)? {
        let numbers = steps.flatMap { $0 }
        let found = numbers.withUnsafeBytes { bytes in
          bytes.baseAddress.flatMap { firstSequenceFault(TensorView($0, type: .float64, rows: 1, columns: 20), format, precision: precision, isScaled: false, allowsJumps: allowsJumps) }
        }
        return found.map { ($0.step, $0.fault) }
      }
      let twice: [[Double]] = [[0, 1, 1, 1, 1], [1, 2, 0, 1, 0], [1, 3, 0, 1, 0], [2, 3, 0, 1, 0]]
      #expect(fault(twice).map { $0 == (2, SequenceFault.jump(channel: 0, before: 1, here: 1)) } == true)
      #expect(fault(twice, allowsJumps: true) == nil)
      let atTheStart: [[Double]] = [[0, 1, 1, 1, 1], [0, 2, 4, 0, 1], [1, 3, 0, 1, 0], [2, 3, 0, 1, 0]]
      #expect(fault(atTheStart).map { $0 == (1, SequenceFault.jump(channel: 1, before: 0, here: 0)) } == true)
      let apart: [[Double]] = [[1, 2, 0, 1, 0], [1, 0, 5, 0, 1], [-7, 0, 0, 0, 0], [1, 3, 0, 1, 0]]
      #expect(fault(apart).map { $0 == (3, SequenceFault.jump(channel: 0, before: 1, here: 1)) } == true)
      let others: [[Double]] = [[1, 2, 0, 1, 0], [1, 0, 5, 0, 1], [2, 3, 6, 1, 1], [-7, 0, 0, 0, 0]]
      #expect(fault(others) == nil)
      let close: [[Double]] = [[0, 1, 1, 1, 1], [1, 2, 0, 1, 0], [1 + 1e-9, 3, 0, 1, 0], [2, 3, 0, 1, 0]]
      #expect(fault(close) == nil)
      #expect(fault(close, .float32).map { $0 == (2, SequenceFault.jump(channel: 0, before: 1, here: 1 + 1e-9)) } == true)
    }
  }
}

extension PathSampling {
  /// Times between given times.
  fileprivate init(
    _ format: SequenceFormat, _ interpolation: PathInterpolation, _ form: PathForm, hasPresence: Bool = false, isScaled: Bool = true, times: [Double], nodes: [Double],
    evolutions: Int = 0
  ) throws {
    try self.init(
      format, interpolation, form, hasPresence: hasPresence, isScaled: isScaled, layers: times.count - 1, times: { times[$0] }, nodes: nodes, evolutions: evolutions)
  }
}
