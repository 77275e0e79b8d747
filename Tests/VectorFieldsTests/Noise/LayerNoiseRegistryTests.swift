import Settings
import Testing
import VectorFields

@Suite struct LayerNoiseRegistryTests {
  @Test func noneMakesNothingAndTheOthersSomething() throws {
    for name in layerNoises.names {
      let made = try layerNoises(name).make((OptionValues(scope: "block", layerNoises.options), TimeGrid(layers: 3, horizon: 1), BlockDepth(layers: 3)))
      #expect((made == nil) == (name == "none"))
    }
  }

  @Test func optionsBelongToWhatTakesThem() throws {
    #expect(try layerNoises("stochastic_depth").options.map(\.key) == ["survival", "survival_decay", "survival_scaling"])
    #expect(try layerNoises("gaussian").options.map(\.key) == layerNoises("uniform").options.map(\.key))
  }
}
