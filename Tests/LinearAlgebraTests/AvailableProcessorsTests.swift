import Glibc
import LinearAlgebra
import Testing

/// The affinity mask never holds more processors than are configured; a process always has one.
@Test func availableProcessorsAreSomeOfTheMachines() {
  #expect((1...max(1, sysconf(Int32(_SC_NPROCESSORS_CONF)))).contains(availableProcessors()))
}
