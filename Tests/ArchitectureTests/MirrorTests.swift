import Foundation
import Testing

/// Tests mirror Sources file by file.
struct MirrorTests {
  /// Modules whose tests are in another module's folder: kernels are reachable only through the facade, the C interface only through its header.
  static let testFolder = ["KernelsV1": "LinearAlgebraTests", "StableODE": "CInterfaceTests"]

  /// Files whose tests are in the folder of a higher module, because they need data sets and trainers.
  static let testedAbove = ["Sources/Networks/CurvatureSweep.swift": "TrainingTests", "Sources/Networks/ReadoutSweep.swift": "TrainingTests"]

  /// Files without a test of the same name, each with the reason.
  static let exceptions = [
    "Sources/StableODELink/StableODELink.swift": "empty: carries link settings, which Tests/CInterfaceTests/c/test_library.py checks",
    "Sources/KernelsV1/Table.swift": "fills the table of entries, each tested by its facade's file",
    "Sources/KernelsV1/Lanes.swift": "internal to the kernels: AffineTests and AffineOneTests compare every width bit for bit",
    "Sources/KernelsV1/Registers.swift": "as Lanes.swift",
    "Sources/KernelsV1/Family.swift": "as Lanes.swift",
    "Sources/KernelsV1/Elementary.swift": "internal to the kernels: VectorActivationsTests measures each function in ulps",
    "Sources/KernelsV1/ElementaryNumbers.swift": "as Elementary.swift",
    "Sources/KernelsV1/NormalDistribution.swift": "as Elementary.swift",
    "Sources/KernelsV1/LessUsualActivations.swift": "as Elementary.swift",
    "Sources/KernelsV1/VectorRun.swift": "internal to the kernels: ConvolutionTests compare every width with the formula and with one sample's bits",
    "Sources/KernelsV1/SumTile.swift": "as VectorRun.swift",
    "Sources/KernelsV1/ConvolutionBlocks.swift": "as VectorRun.swift",
    "Sources/KernelsV1/ConvolutionBorder.swift": "as VectorRun.swift",
    "Sources/KernelsV1/ConvolutionGradient.swift": "as VectorRun.swift",
    "Sources/KernelsV1/ConvolutionPacking.swift": "as VectorRun.swift",
    "Sources/KernelsV1/ConvolutionResult.swift": "as VectorRun.swift",
    "Sources/KernelsV1/ConvolutionTable.swift": "as Table.swift",
    "Sources/KernelsV1/ImageTable.swift": "as Table.swift",
    "Sources/KernelsV1/Widening.swift": "internal to sums over images: PoolingTests and NormalizationTests compare every width with the formula and with one sample's bits",
    "Sources/KernelsV1/ChunkSums.swift": "as Widening.swift",
    "Sources/KernelsV1/ImageMoments.swift": "as Widening.swift; BatchStatisticsTests too",
    "Sources/KernelsV1/NormalizationSums.swift": "as ImageMoments.swift",
    "Sources/KernelsV1/NormalizationStrips.swift": "as Widening.swift",
    "Sources/KernelsV1/PixelSums.swift": "as Widening.swift",
    "Sources/KernelsV1/CopyNumbers.swift": "as VectorRun.swift",
    "Sources/KernelsV1/WinogradChannels.swift": "as WinogradGradient.swift",
    "Sources/KernelsV1/WinogradOne.swift": "as WinogradGradient.swift",
    "Sources/KernelsV1/WinogradGradient.swift": "internal to Winograd's algorithm: WinogradTests compare it with the formula and with one sample's bits",
    "Sources/KernelsV1/WinogradInput.swift": "as WinogradGradient.swift",
    "Sources/KernelsV1/WinogradOuter.swift": "as WinogradGradient.swift",
    "Sources/KernelsV1/WinogradPacking.swift": "as WinogradGradient.swift",
    "Sources/KernelsV1/WinogradProducts.swift": "as WinogradGradient.swift",
    "Sources/LinearAlgebra/ConvolutionGradient.swift": "tested with convolve: ConvolutionTests compare gradients of the same geometries",
    "Sources/LinearAlgebra/ConvolutionScratch.swift": "internal to convolve, whose tests run it at every width",
    "Sources/LinearAlgebra/ConvolutionWinograd.swift": "as WinogradGradient.swift",
    "Sources/LinearAlgebra/ConvolutionPlan.swift": "internal to convolve, whose tests run it for every geometry",
    "Sources/LinearAlgebra/KernelTransform.swift": "internal to spectra: KernelRotationTests, KernelSmoothingTests and ConvolutionSpectrumTests compare what is made of it with matrices",
    "Sources/Networks/Architectures/Architecture.swift": "the parts of an architecture, which ArchitectureRegistryTests reads for every name",
    "Sources/Networks/Architectures/HaberRuthotto.swift": "ArchitectureRegistryTests counts the parameters of every architecture and reads it back",
    "Sources/Networks/Architectures/NearIdentityNetwork.swift": "as HaberRuthotto.swift",
    "Sources/Networks/Architectures/PDENetworks.swift": "as HaberRuthotto.swift",
    "Sources/Networks/Architectures/ResNeXt.swift": "as HaberRuthotto.swift",
    "Sources/Networks/Architectures/ResidualNetworks.swift": "as HaberRuthotto.swift",
    "Sources/LinearAlgebra/MatrixRows.swift": "internal to UnitScaling, whose tests compare with matrices",
    "Sources/Networks/MarginTables.swift": "internal to Sweep: MarginCrossEntropyTests and MarginRulesTests see its margins and their derivatives",
    "Sources/Networks/Connectors/StageLipschitz.swift": "internal to MarginRules, whose tests move the inputs of every connector that has a constant",
    "Sources/Training/SampledTable.swift": "internal to NoiseEstimate and ScreeningChoice, whose tests see what they find in it",
    "Sources/Networks/TangentScratch.swift": "internal memory of TangentSweep, whose tests run it at every width",
    "Sources/Networks/TangentPass.swift": "internal to TangentSweep, whose tests run it through networks of every kind",
    "Sources/Networks/TrainingPass.swift": "internal to Sweep, whose tests run it through networks of every kind",
    "Sources/Networks/PredictionResult.swift": "internal to Predictor and Stepper, whose tests give every kind of result",
    "Sources/Networks/InferencePass.swift": "internal to Predictor, whose tests run it through networks of every kind",
    "Sources/Networks/Stage.swift": "the list of stages, which NetworkPlanTests reads, and the protocol of the three passes",
    "Sources/Integrators/SampleClock.swift": "internal to AdaptiveSolve, whose tests see every sample's time and steps",
    "Sources/Integrators/SolveRoom.swift": "internal memory of AdaptiveSolve, whose tests run it at every width",
    "Sources/Networks/ReadoutPreconditioner.swift": "internal to ReadoutSweep, whose tests solve with it",
    "Sources/Datasets/Tables/CategoryCodes.swift": "internal to EncodedRows, whose tests look up texts, integers, booleans and dictionaries",
    "Sources/Datasets/Tables/TableGatherer.swift": "internal to EncodedRows, whose tests make tiles of any rows",
    "Sources/Training/Streaming/SampleBuffer.swift": "internal to SampleStream, whose tests train from its places",
    "Sources/Training/Streaming/SampleSource.swift": "a protocol: SampleStreamTests, and StreamEntriesTests for the sources of C",
    "Sources/LinearAlgebra/DoubleEntries.swift": "internal to PlainProducts and IntervalProducts, whose tests multiply by the copies",
    "Sources/Stability/Report/ReportDraft.swift": "internal to the reports: ReportTests reads the document and the arrays of a whole one",
    "Sources/Stability/Report/Subject.swift": "internal to the reports: StabilityReportTests and DerivativeCheckTests analyze networks of both precisions",
    "Sources/Stability/Report/FrozenJacobian.swift": "internal to the reports: StabilityReportTests, and the Python tests against NumPy",
    "Sources/Stability/Report/LinearTestField.swift": "internal to StabilityFunction, whose tests apply every scheme to it",
    "Sources/Stability/Report/StabilityFunctions.swift": "internal to StabilityReport, whose tests have layers of different functions",
    "Sources/Stability/Report/WeightFigures.swift": "a part of StabilityReport, whose tests take weight changes and modified equations",
    "Sources/Stability/Report/FrozenFigures.swift": "a part of StabilityReport, whose tests take eigenvalues, steps and logarithmic norms",
    "Sources/Stability/Report/GrowthFigures.swift": "a part of StabilityReport, whose tests take singular values, exponents and energies",
    "Sources/Stability/Report/Energy.swift": "internal to the reports: StabilityReportTests, and the Python tests against the formula",
    "Sources/Stability/Report/LyapunovExponents.swift": "as FrozenJacobian.swift",
    "Sources/Stability/Report/Propagator.swift": "as FrozenJacobian.swift",
    "Sources/Stability/Mechanics/MechanicsWorker.swift": "internal memory of Mechanics, whose tests run it for networks of every kind",
    "Sources/Stability/Mechanics/Volumes.swift": "internal to Mechanics, whose tests take determinants and the symplectic defect",
    "Sources/Stability/Mechanics/ParameterCheck.swift": "internal to DerivativeCheck, whose tests take networks with weights of every kind",
    "Sources/VectorFields/WrappingField.swift": "what OwnTimeField and NoisyField share: their tests",
    "Sources/Training/Objective.swift": "protocols: BatchObjectiveTests and every optimizer's tests",
    "Sources/Stability/Structure/FieldReading.swift": "the equation of a layer, which NetworkBoundTests and RoundingPassTests read for every field",
    "Sources/Stability/Structure/NetworkReading.swift": "as FieldReading.swift",
    "Sources/Stability/Structure/OperatorReading.swift": "as FieldReading.swift",
    "Sources/Stability/Lipschitz/LayerBound.swift": "conditions of steps: StepSizeCertificateTests confirm their limits from both sides",
    "Sources/Stability/Lipschitz/EuclideanBounds.swift": "NetworkBoundTests sample every rule in both norms",
    "Sources/Stability/Lipschitz/LargestNormBounds.swift": "as EuclideanBounds.swift",
    "Sources/Stability/Radius/FieldRounding.swift": "RoundingPassTests compare every field with float64",
    "Sources/Stability/Radius/StepRounding.swift": "as FieldRounding.swift",
    "Sources/Stability/Radius/RoundingUnit.swift": "as FieldRounding.swift",
    "Sources/Stability/Radius/RadiusSamples.swift": "CertifiedRadiiTests get every radius from it",
    "Sources/LinearAlgebra/Kernels.swift": "internal choice of a table: InstructionSetTests sees it from outside",
  ]

  @Test func everySourceFileHasATestFile() throws {
    let sources = try Repository.files(under: "Sources").filter { Repository.module(of: $0) != "Benchmarks" }
    let tests = Set(try Repository.files(under: "Tests"))
    let missing = sources.filter { path in
      let module = Repository.module(of: path)
      let folder = Self.testedAbove[path] ?? Self.testFolder[module] ?? "\(module)Tests"
      let name = path.split(separator: "/").last.map { $0.replacingOccurrences(of: ".swift", with: "Tests.swift") } ?? ""
      return Self.exceptions[path] == nil && !tests.contains { $0.hasPrefix("Tests/\(folder)/") && $0.hasSuffix("/\(name)") }
    }
    #expect(missing == [])
  }

  @Test func everyExceptionIsStillNeeded() throws {
    let sources = Set(try Repository.files(under: "Sources"))
    let tests = Set(try Repository.files(under: "Tests").compactMap { $0.split(separator: "/").last.map(String.init) })
    for path in Self.exceptions.keys {
      #expect(sources.contains(path), "\(path) is gone")
      let name = path.split(separator: "/").last.map { $0.replacingOccurrences(of: ".swift", with: "Tests.swift") } ?? ""
      #expect(!tests.contains(name), "\(path) has a test now")
    }
  }

  /// A file of tests that asserts nothing is worse than none.
  @Test func everyTestFileAsserts() throws {
    let silent = try Repository.files(under: "Tests").filter { $0.hasSuffix("Tests.swift") }.filter { path in
      let code = codeOnly(try Repository.text(path))
      return code.contains("@Test") && !code.contains("#expect") && !code.contains("#require") && !code.contains("check") && !code.contains("expect")
    }
    #expect(silent == [])
  }

  @Test func theTopLevelHoldsOnlyWhatTheMapShows() throws {
    let allowed: Set = ["Package.swift", "Sources", "include", "Tests", "bindings", "examples", "README.md", "Makefile", "LICENSE"]
    let extra = try Repository.names(in: "").filter { !allowed.contains($0) && $0 != "Package.resolved" }
    #expect(extra == [])
  }
}
