import CShims

/// The number of processors this process may run on: the size of its affinity mask, at least 1.
///
/// `num_threads` 0 means this number. Container limits on processor time are not counted.
package func availableProcessors() -> Int { Int(sode_shim_available_processors()) }
