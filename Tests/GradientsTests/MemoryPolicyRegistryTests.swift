import Gradients
import Settings
import TestSupport
import Testing

@Suite struct MemoryPolicyRegistryTests {
  @Test func optionsReachTheirPolicy() throws {
    let block = try BlockCase(field: "hamiltonian", integrator: "verlet", layers: 30).block
    var options = OptionValues(scope: "block", memoryPolicies.options)
    for name in memoryPolicies.names { #expect(try memoryPolicies(name).make(options).name == name) }
    // ⌈√30⌉ by default.
    #expect(try memoryPolicies("store_every").make(options).use(block).records == 6)
    #expect(try memoryPolicies("binomial").make(options).use(block).states == 6 + 2)
    try options.set("checkpoint_every", .integer(4))
    try options.set("checkpoints", .integer(3))
    #expect(try memoryPolicies("store_every").make(options).use(block).records == 4)
    #expect(try memoryPolicies("binomial").make(options).use(block).states == 3 + 2)
    try options.set("memory_limit", .integer(5000))
    #expect(try memoryPolicies("automatic").make(options).byteLimit == 5000)
    #expect { try memoryPolicies("binomial").make(options) } throws: { ($0 as? Failure)?.status == .incompatible }
  }
}
