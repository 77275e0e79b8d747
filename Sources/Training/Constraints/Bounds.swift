import LinearAlgebra
import Networks
import Settings

/// Keeps every weight within [parameter_min, parameter_max], by projecting it to the nearest point. Biases are not bounded.
package final class Bounds: Constraint {
  private static let everything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude

  package static let options = [
    OptionDescription("parameter_min", .real(everything), default: .real(everything.lowerBound), unit: "1", "smallest value that a weight may have; smaller weights are set to it after every update"),
    OptionDescription("parameter_max", .real(everything), default: .real(everything.upperBound), unit: "1", "largest value that a weight may have; larger weights are set to it after every update"),
  ]

  private let low: Double
  private let high: Double
  private let ranges: [Range<Int>]

  package init?(_ values: OptionValues, _ plan: NetworkPlan, threads: Int) throws(Failure) {
    guard values.isSet("parameter_min") || values.isSet("parameter_max") else { return nil }
    (low, high) = (try values.real("parameter_min"), try values.real("parameter_max"))
    guard low <= high else { throw Failure(.outOfRange, "parameter_min is \(low); it must be <= parameter_max, which is \(high)") }
    ranges = try ParameterLayout(plan, inTime: false).regions.filter(\.isWeight).map(\.range)
  }

  package func project(_ parameters: Vector, _ pool: WorkerPool) -> Bool {
    var isChanged = false
    for range in ranges where clamp(parameters[range], low: low, high: high) { isChanged = true }
    return isChanged
  }
}
