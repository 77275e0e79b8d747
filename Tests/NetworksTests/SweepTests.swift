import Gradients
import LinearAlgebra
import Networks
import Settings
import TestSupport
import Testing

/// The contracts of theory §3 over everything registered.
@Suite struct SweepTests {
  @Test(arguments: Combination.all) func taylorRemainderIsOfSecondOrder(_ combination: Combination) throws {
    let order = try DerivativeCase(try combination.specification()).taylorOrder()
    #expect(order > 1.9, "order \(order)")
  }

  @Test(arguments: Combination.all) func pullbackIsTheTransposeOfPushforward(_ combination: Combination) throws {
    for opening in openings.names {
      let defect = try DerivativeCase(try combination.specification(opening: opening)).adjointDefect()
      #expect(defect < (combination.precision == .float64 ? 1e-12 : 1e-5), "defect \(defect)")
    }
  }

  @Test(arguments: Combination.all) func cotangentTimesTangentIsConstantOverLayers(_ combination: Combination) throws {
    let drift = try DerivativeCase(try combination.specification()).pairingDrift()
    #expect(drift < (combination.precision == .float64 ? 1e-12 : 1e-5), "drift \(drift)")
  }
}
