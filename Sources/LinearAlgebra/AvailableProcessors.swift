import CShims

/// The number of processors this process may run on: the size of its affinity mask, at least 1.
///
/// What `num_threads` 0 means. Container limits on processor time are not counted.
package func availableProcessors() -> Int { Int(sode_shim_available_processors()) }
