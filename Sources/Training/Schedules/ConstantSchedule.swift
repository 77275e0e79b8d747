import Settings

/// The same rate throughout: η(t) = η.
package struct ConstantSchedule: Schedule {
  package static let options: [OptionDescription] = []
  package init(_ values: OptionValues) throws(Failure) {}
  package func rate(base: Double, at time: Double, of total: Double) -> Double { base }
}
