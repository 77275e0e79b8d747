// swift-tools-version: 6.2
// The manifest is the architecture diagram: every module, what it may use, one line each. Sources/README.md is the map.
import PackageDescription

let kernelOptions: [SwiftSetting] = [.unsafeFlags(["-O", "-disable-cmo", "-Xcc", "-fno-math-errno"])]
func instructionSet(_ name: String, _ march: String) -> [SwiftSetting] {
  [.define(name), .unsafeFlags(["-O", "-disable-cmo", "-Xcc", "-fno-math-errno", "-Xcc", "-march=\(march)", "-Xcc", "-mprefer-vector-width=512"])]
}

/// Link settings of libstableode.so alone: tests and benchmarks do not inherit them, because only the product lists StableODELink.
/// No Swift runtime needed, only sode_* exported, soname of the ABI, bound at load, never unloaded (its threads' code must not vanish).
let sharedLibrary: [LinkerSetting] = [
  .unsafeFlags([
    "-static-stdlib", "-use-ld=lld",
    "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/StableODELink/exports.map",
    "-Xlinker", "-soname=libstableode.so.0",
    "-Xlinker", "-z", "-Xlinker", "now",
    "-Xlinker", "-z", "-Xlinker", "nodelete",
    "-Xlinker", "--gc-sections",
    "-Xlinker", "--exclude-libs=ALL",
  ])
]

/// OpenBLAS's work memory comes from CShims/blas_memory.c, in tests too: its own allocator is not safe on several threads.
let productMemory: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "--wrap=blas_memory_alloc", "-Xlinker", "--wrap=blas_memory_free"])]

let package = Package(
  name: "StableODE",
  products: [
    .library(name: "stableode", type: .dynamic, targets: ["StableODE", "StableODELink"]),
    .executable(name: "stableode-benchmarks", targets: ["Benchmarks"]),
  ],
  targets: [
    // C that Swift cannot say, and the headers Swift is checked against.
    .target(name: "CStableODE"),
    .target(name: "CShims", cSettings: [.unsafeFlags(["-fvisibility=hidden"])], cxxSettings: [.unsafeFlags(["-fvisibility=hidden"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // The vocabulary: failures, options, registries, JSON; and the watch that every long loop asks.
    .target(name: "Settings", dependencies: ["CShims"]),

    // The kernel line: one source, three instruction sets; no element loop above LinearAlgebra.
    .target(name: "CKernels"),
    .target(name: "KernelsV1", dependencies: ["CShims", "CKernels"], swiftSettings: kernelOptions),
    .target(name: "KernelsV3", dependencies: ["CShims", "CKernels"], swiftSettings: instructionSet("V3", "x86-64-v3")),
    .target(name: "KernelsV4", dependencies: ["CShims", "CKernels"], swiftSettings: instructionSet("V4", "x86-64-v4")),
    .target(name: "LinearAlgebra", dependencies: ["Settings", "CShims", "COpenBLAS", "CKernels", "KernelsV1", "KernelsV3", "KernelsV4"], linkerSettings: productMemory),

    // The papers' nouns.
    .target(name: "VectorFields", dependencies: ["Settings", "LinearAlgebra"]),
    .target(name: "Integrators", dependencies: ["Settings", "LinearAlgebra", "VectorFields"]),
    .target(name: "Gradients", dependencies: ["Settings", "LinearAlgebra", "VectorFields", "Integrators"]),
    .target(name: "Networks", dependencies: ["Settings", "LinearAlgebra", "VectorFields", "Integrators", "Gradients"]),
    .target(name: "Stability", dependencies: ["Settings", "LinearAlgebra", "VectorFields", "Integrators", "Gradients", "Networks"]),
    .target(name: "Datasets", dependencies: ["Settings", "LinearAlgebra", "CZlib"]),
    .target(name: "Training", dependencies: ["Settings", "LinearAlgebra", "VectorFields", "Integrators", "Gradients", "Networks", "Stability", "Datasets"]),
    .target(name: "Storage", dependencies: ["Settings", "LinearAlgebra", "Networks", "Training", "CShims"]),

    // The product.
    .target(name: "StableODE", dependencies: ["CStableODE", "CShims", "Settings", "LinearAlgebra", "VectorFields", "Integrators", "Gradients", "Networks", "Stability", "Datasets", "Training", "Storage"]),
    .target(name: "StableODELink", exclude: ["NOTICES.md", "exports.map", "stableode.7", "stableode.pc.in"], linkerSettings: sharedLibrary),
    .executableTarget(name: "Benchmarks", dependencies: ["CStableODE", "CShims", "Settings", "LinearAlgebra", "StableODE"], exclude: ["peers"]),

    // Tests mirror Sources.
    .target(name: "TestSupport", dependencies: ["Settings", "LinearAlgebra", "VectorFields", "Integrators", "Gradients", "Networks"], path: "Tests/TestSupport"),
    .testTarget(name: "SettingsTests", dependencies: ["Settings", "TestSupport"]),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "TestSupport"]),
    .testTarget(name: "VectorFieldsTests", dependencies: ["VectorFields", "TestSupport"]),
    .testTarget(name: "IntegratorsTests", dependencies: ["Integrators", "TestSupport"]),
    .testTarget(name: "GradientsTests", dependencies: ["Gradients", "TestSupport"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "TestSupport"]),
    .testTarget(name: "StabilityTests", dependencies: ["Stability", "Networks", "LinearAlgebra", "Settings", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "Datasets", "TestSupport"]),
    .testTarget(name: "StorageTests", dependencies: ["Storage", "Training", "Datasets", "TestSupport"]),
    .testTarget(name: "CInterfaceTests", dependencies: ["CStableODE", "StableODE", "Settings", "LinearAlgebra", "VectorFields", "Integrators", "Gradients", "Networks", "Stability", "Datasets", "Training", "TestSupport"], exclude: ["c"]),
    .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport", "Settings", "LinearAlgebra", "VectorFields", "Integrators"]),
  ],
  swiftLanguageModes: [.v5]
)
