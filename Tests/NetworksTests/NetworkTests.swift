import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

@Suite struct NetworkTests {
  private func example(_ precision: Precision = .float32, width: Int = 4, seed: Int = 1) throws -> Network {
    try network(#"{"inputs": 3, "outputs": 2, "width": \#(width), "precision": "\#(precision.name)", "seed": \#(seed), "layers": 2}"#)
  }

  private func values(_ network: Network, _ name: String? = nil) throws -> [Double] {
    let snapshot = network.snapshot
    let range = try name.map { try network.tensor($0).range } ?? 0..<network.plan.parameterCount
    return withExtendedLifetime(snapshot) { range.map { snapshot.parameters.load($0) } }
  }

  @Test(arguments: Precision.allCases) func tensorsAreSetAndReadByName(_ precision: Precision) throws {
    let network = try example(precision)
    let before = try values(network)
    let tensor = try network.tensor("blocks.0.K")
    let new = try Numbers.normal(tensor.range.count, precision, seed: 4)
    try network.replace(tensor, with: new.view(rows: 8, columns: 4))
    #expect(try values(network, "blocks.0.K") == new.values)
    // The other tensors stay unchanged.
    for other in network.plan.tensors where other.name != "blocks.0.K" { #expect(try values(network, other.name) == Array(before[other.range])) }
  }

  @Test func refusesWhatATensorCannotTake() throws {
    let network = try example()
    let before = try values(network)
    let tensor = try network.tensor("readout.W")
    #expect(tensor.shape == [2, 4])
    let few = try Numbers(7, .float32)
    let shape = refusal { try network.replace(tensor, with: few.view(rows: 1, columns: 7)) }
    #expect(shape?.status == .shapeMismatch && shape?.message.contains("readout.W has shape [2, 4]") == true)
    for bad in [Double.nan, .infinity] {
      let numbers = try Numbers(8, .float64)
      numbers[5] = bad
      let failure = refusal { try network.replace(tensor, with: numbers.view(rows: 2, columns: 4)) }
      #expect(failure?.status == .notFinite && failure?.message.contains("element 5") == true)
    }
    // Finite in float64, infinite in float32.
    let large = try Numbers([0, 0, 1e300, 0, 0, 0, 0, 0], .float64)
    #expect(refusal { try network.replace(tensor, with: large.view(rows: 2, columns: 4)) }?.message.contains("too large for float32") == true)
    let unknown = refusal { _ = try network.tensor("readout.w") }
    #expect(unknown?.status == .unknownName && unknown?.message.contains("did you mean 'readout.W'") == true)
    #expect(try values(network) == before)
  }

  @Test func replacingAllParametersChecksThem() throws {
    let network = try example()
    let count = network.plan.parameterCount
    #expect(refusal { try network.replaceParameters(with: try Numbers(count - 1, .float32).vector) }?.status == .shapeMismatch)
    let bad = try Numbers(count, .float32)
    bad[count - 1] = .nan
    #expect(refusal { try network.replaceParameters(with: bad.vector) }?.status == .notFinite)
    let good = try Numbers.normal(count, .float32, seed: 3)
    try network.replaceParameters(with: good.vector)
    good[0] = 100
    #expect(try values(network)[1...] == good.values[1...], "a copy was taken")
    #expect(try values(network)[0] != 100)
  }

  /// A snapshot does not change when the network does.
  @Test func snapshotOutlivesReplacement() throws {
    let network = try example()
    let snapshot = network.snapshot
    let before = try values(network)
    try network.initializeParameters(seed: 77)
    network.replaceNormalization(with: nil)
    #expect(try values(network) != before)
    withExtendedLifetime(snapshot) { #expect((0..<before.count).map { snapshot.parameters.load($0) } == before) }
  }

  @Test func aSnapshotOfAnotherSizeIsRefused() throws {
    let other = try example(width: 5).snapshot
    #expect(refusal { _ = try Network(try example().plan, other) }?.status == .shapeMismatch)
  }

  @Test func initializationIsReproducibleAndFollowsTheSeed() throws {
    #expect(try values(example(seed: 5)) == values(example(seed: 5)))
    #expect(try values(example(seed: 5)) != values(example(seed: 6)))
    let again = try example(seed: 5)
    try again.initializeParameters(seed: 6)
    #expect(try values(again) == values(example(seed: 6)))
    // Both precisions have the same numbers up to rounding.
    #expect(try values(example(.float64, seed: 5)).map { Double(Float($0)) } == values(example(.float32, seed: 5)))
  }

  /// Tensor i draws from stream i, so more layers in one tensor do not change the next tensor's numbers.
  @Test func tensorsDrawIndependently() throws {
    func readout(_ layers: Int) throws -> [Double] {
      try values(try network(#"{"inputs": 3, "outputs": 2, "layers": \#(layers), "seed": 3}"#), "readout.W")
    }
    #expect(try readout(2) == readout(9))
    let one = try example()
    #expect(try values(one, "blocks.0.K").prefix(8) != values(one, "readout.W")[...])
  }

  /// One predictor serves call after call with the same parameters; a call within a call gets another, and so does a call after the parameters have changed.
  @Test func keepsAPredictorOfOneSample() throws {
    let made = try example()
    var taken: [ObjectIdentifier] = []
    func take(_ samples: Int = 1, _ meanwhile: () throws(Failure) -> Void = {}) throws(Failure) {
      try made.withPredictor(samples: samples, threads: 2) { predictor throws(Failure) in
        #expect(predictor.maximumBatch >= samples)
        taken.append(ObjectIdentifier(predictor))
        try meanwhile()
      }
    }
    try take { () throws(Failure) in try take() }
    try take()
    #expect(taken[0] != taken[1] && taken[2] == taken[0])
    // The first predictor lives on meanwhile, so that no new object can have its identity.
    try take { () throws(Failure) in
      try made.initializeParameters(seed: 8)
      try take()
    }
    #expect(taken[3] == taken[0] && taken[4] != taken[0])
    // A predictor of several samples takes one as well; of many samples none is kept.
    taken = []
    try take(2) { () throws(Failure) in try take(1) }
    for samples in [1, Network.keptSamples, 3] { try take(samples) }
    #expect(taken[2...].allSatisfy { $0 == taken[0] } && taken[1] != taken[0])
    try take(Network.keptSamples) { () throws(Failure) in try take(Network.keptSamples + 1) { () throws(Failure) in try take(Network.keptSamples + 1) } }
    #expect(taken[5] == taken[0] && Set(taken[5...]).count == 3)
  }

  /// A predictor with much scratch memory is not kept.
  @Test func keepsNoLargePredictor() throws {
    let large = try network(#"{"inputs": 3, "outputs": 2, "width": 2500, "layers": 1, "field": "dense", "weights_in_time": "shared", "bias": "none", "initial_scale": 0}"#)
    weak var first: Predictor?
    for samples in [Network.keptSamples, 1] {
      try large.withPredictor(samples: samples, threads: 1) { predictor throws(Failure) in
        if samples > 1 { first = predictor }
      }
      if samples > 1 { #expect(first == nil) }
    }
  }

  /// Refused memory is asked for again without the kept predictor; without one the refusal stands.
  @Test func givesUpItsPredictorWhereMemoryIsRefused() throws {
    let made = try example()
    try made.withPredictor(samples: 1, threads: 1) { _ throws(Failure) in }
    var asked = 0
    func refuse(_ status: Status) -> Failure? {
      asked = 0
      return refusal {
        try made.withoutIdlePredictor { () throws(Failure) in
          asked += 1
          if asked == 1 || status != .memory { throw Failure(status, "refused") }
        }
      }
    }
    #expect(refuse(.notFinite)?.status == .notFinite && asked == 1)
    #expect(refuse(.memory) == nil && asked == 2)
    #expect(refuse(.memory)?.status == .memory && asked == 1)
  }

  /// Each map has normal weights of standard deviation 1/√inputs, drawn from the tensor's stream of the seed, and zero biases. Mean and deviation of the 65 536 draws lie within five standard errors,
  /// σ/√n and σ/√(2n).
  @Test func weightsHaveTheirDeviationAndBiasesAreZero() throws {
    let wide = try network(#"{"inputs": 64, "outputs": 2, "layers": 16, "initial_scale": 2}"#)
    let weights = try values(wide, "blocks.0.K")
    let deviation = norm(weights) / Double(weights.count).squareRoot()
    let (n, expected) = (Double(weights.count), 2.0 / 8)
    #expect(n == 65_536 && abs(deviation - expected) < 5 * expected / (2 * n).squareRoot())
    #expect(abs(weights.reduce(0, +) / n) < 5 * expected / n.squareRoot())
    let index = try #require(wide.plan.tensors.firstIndex { $0.name == "blocks.0.K" })
    var stream = RandomStream(seed: 0, stream: UInt64(index))
    let drawn = try Numbers(weights.count, .float32)
    stream.normal(into: drawn.vector, mean: 0, deviation: expected)
    #expect(weights == drawn.values)
    #expect(try values(wide, "blocks.0.b").allSatisfy { $0 == 0 })
  }

  /// Work on many parameters asks its watch every million numbers and then leaves the network as it was.
  @Test func workOnManyParametersCanBeEnded() throws {
    let wide = try network(#"{"inputs": 2, "outputs": 2, "width": 1200, "layers": 2}"#)
    let (count, snapshot) = (wide.plan.parameterCount, wide.snapshot)
    let numbers = try Numbers(count, .float32)
    let tensor = try wide.tensor("blocks.0.K")
    let view = TensorView(numbers.vector.base, type: .float32, rows: 2400, columns: 1200)
    let calls: [() throws -> Void] = [
      { try wide.replaceParameters(with: numbers.vector) }, { try wide.replace(tensor, with: view) }, { _ = try wide.copied() }, { _ = try wide.refined(.linear) },
      { try wide.initializeParameters(seed: 3) },
    ]
    for call in calls {
      var asked = 0
      let watch = Watch(isCancelled: {
        asked += 1
        return asked > 2
      })
      let before = wide.snapshot
      #expect(refusal { try watch.asCurrent(call) }?.status == .cancelled && wide.snapshot === before)
    }
    #expect(wide.snapshot === snapshot)
    for call in calls { #expect(try questions(in: call) >= count >> 20) }
  }

  /// A tensor that is set while another thread replaces the parameters changes the new ones.
  @Test func aTensorIsSetInThePresentParameters() throws {
    let made = try example(.float64)
    let (zeros, bias) = (try Numbers(made.plan.parameterCount, .float64), try Numbers([3, 4], .float64))
    let tensor = try made.tensor("readout.b")
    var isReplaced = false
    let watch = Watch(isCancelled: {
      if !isReplaced {
        isReplaced = true
        _ = try? Watch.none.asCurrent { () throws(Failure) in try made.replaceParameters(with: zeros.vector) }
      }
      return false
    })
    try watch.asCurrent { () throws(Failure) in try made.replace(tensor, with: bias.view(rows: 1, columns: 2)) }
    #expect(try values(made) == Array(repeating: 0, count: made.plan.parameterCount - 2) + [3, 4])
  }

  /// A trainer's iterate replaces the parameters that the trainer knows, even if the work must end meanwhile, and no others.
  @Test func publishingKeepsParametersThatWereSetMeanwhile() throws {
    let made = try example(.float64)
    let (ones, version) = (try Numbers(Array(repeating: 1, count: made.plan.parameterCount), .float64), made.snapshot.version)
    let over = Watch(isCancelled: { true })
    #expect(try over.asCurrent { () throws(Failure) in try made.publish(ones.vector, over: version) } == version + 1 && values(made) == ones.values)
    try made.initializeParameters(seed: 9)
    let present = try values(made)
    #expect(try made.publish(ones.vector, over: version + 1) == nil && values(made) == present)
    ones[0] = .nan
    #expect(refusal { _ = try made.publish(ones.vector, over: version + 2) }?.status == .notFinite)
  }
}
