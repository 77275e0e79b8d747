import CStableODE
import Datasets
import Gradients
import Integrators
import LinearAlgebra
import Networks
import Testing
import Training
import VectorFields

struct ListingsTests {
  private func names(_ registry: String) -> [String] {
    var count: Int64 = -1
    #expect(sode_registry_count(registry, &count) == SODE_OK)
    return (0..<count).map { index in
      var name: UnsafePointer<CChar>?
      #expect(sode_registry_at(registry, index, &name, nil) == SODE_OK)
      return name.map { String(cString: $0) } ?? ""
    }
  }

  @Test func registriesAreTheModules() {
    #expect(names("fields") == fields.names)
    #expect(names("integrators") == integrators.names)
    #expect(names("activations") == activations.names)
    #expect(names("biases") == biases.names)
    #expect(names("openings") == openings.names)
    #expect(names("readouts") == readouts.names)
    #expect(names("losses") == losses.names)
    #expect(names("optimizers") == optimizers.names)
    #expect(names("schedules") == schedules.names)
    #expect(names("regularizers") == regularizers.names)
    #expect(names("trajectory_terms") == trajectoryTerms.names)
    #expect(names("constraints") == constraints.names)
    #expect(names("time_bases") == timeBases.names)
    #expect(names("memory_policies") == memoryPolicies.names)
    #expect(names("noises") == layerNoises.names)
    #expect(names("prolongations") == prolongations.names)
    #expect(names("problems") == problems.names)
  }

  @Test func misspeltRegistriesAndScopesAreSuggested() {
    var count: Int64 = 0
    #expect(sode_registry_count("loses", &count) == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().contains("did you mean 'losses'"))
    #expect(sode_option_count("trainers", &count) == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().contains("did you mean 'trainer'"))
    #expect(sode_option_count("layers=3", &count) == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().hasPrefix("option 'layers' has no choices with options of their own; these have: opening, loss, field, "), "\(lastError())")
    #expect(sode_option_count("feild=dense", &count) == SODE_ERR_UNKNOWN_NAME)
    #expect(lastError().contains("did you mean 'field'?"))
  }
}
