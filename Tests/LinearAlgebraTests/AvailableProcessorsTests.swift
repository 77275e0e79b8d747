import Glibc
import LinearAlgebra
import Testing

/// The affinity mask never has more processors than are configured, and a process always has at least one.
@Test func availableProcessorsAreSomeOfTheMachines() {
  #expect((1...max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))).contains(availableProcessors()))
}
