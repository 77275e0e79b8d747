import Settings

/// The integrators by name. Adding one is one file, one line here and one test file.
package let integrators = Registry<any Integrator>("integrator", [
  ("euler", "forward Euler, y₊ = y + h f(y): the residual network; order 1", Euler()),
  ("verlet", "Störmer–Verlet for partitioned fields [Haber & Ruthotto 2017, eq. 4.4]; reversible, volume preserving", Verlet()),
])
