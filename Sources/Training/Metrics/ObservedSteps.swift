import Datasets
import LinearAlgebra
import Networks
import Settings

/// The observed steps of a data set, which metrics count as samples, for a network with outputs at every step of a sequence: those with a label, or with at least one target value.
///
/// Scores, labels, weights and target values are those of these steps alone, one column for each, sample by sample.
final class ObservedSteps {
  let count: Int
  /// The labels, for metrics of classes.
  let labels: UnsafePointer<Int32>?
  let weights: Vector?
  /// Outputs × steps, with zeros in the padding.
  let scores: Block
  private let steps: Int
  private let places: UnsafeMutablePointer<Int64>
  private let owners: [AnyObject]

  /// - Parameter dataset: with `stepLabels`, if the targets are classes.
  /// - Throws: `memory`; the reason why the work must end.
  init(_ plan: NetworkPlan, _ dataset: Dataset, steps: Int, isWeighted: Bool) throws(Failure) {
    self.steps = steps
    let (most, overflow) = dataset.count.multipliedReportingOverflow(by: steps)
    let placeMemory = try Buffer(count: overflow ? Int.max : most, precision: .float64)
    let places = placeMemory.rowNumbers(count: most)
    self.places = places
    let (labels, values, width) = (dataset.stepLabels?.labels, dataset.values, plan.targetsOfStep)
    var count = 0
    try Watch.pieces(dataset.count, work: steps) { rows in
      for row in rows {
        for step in 0..<steps {
          let isObserved =
            if let labels { labels[row * steps + step] >= 0 } else if dataset.mayMiss, let values { (step * width..<(step + 1) * width).contains { !values.number(row: row, column: $0).isNaN } } else { true }
          if isObserved {
            places[count] = Int64(row * steps + step)
            count += 1
          }
        }
      }
    }
    self.count = count
    var owners: [AnyObject] = [placeMemory]
    let (numbers, tooMany) = plan.outputs.multipliedReportingOverflow(by: Block.columns(forSamples: count))
    let scoreMemory = try Buffer(count: tooMany ? Int.max : numbers, precision: .float64)
    scores = Block(scoreMemory.base, rows: plan.outputs, columns: Block.columns(forSamples: count), precision: .float64)
    owners.append(scoreMemory)
    if let labels {
      let memory = try Buffer(count: count, precision: .float32)
      let own = memory.labels(count: count)
      try Watch.pieces(count) { for index in $0 { own[index] = labels[Int(places[index])] } }
      self.labels = UnsafePointer(own)
      owners.append(memory)
    } else {
      self.labels = nil
    }
    if isWeighted, let weights = dataset.weights {
      let memory = try Buffer(count: count, precision: .float64)
      let own = memory.vector(count: count, precision: .float64)
      try Watch.pieces(count) { for index in $0 { own.store(weights.load(Int(places[index]) / steps), at: index) } }
      self.weights = own
      owners.append(memory)
    } else {
      weights = nil
    }
    self.owners = owners
  }

  /// Takes the scores from those of all steps, steps·outputs × samples.
  func take(_ all: Block) {
    for output in 0..<scores.rows {
      Watch.allPieces(count) { piece in gatherStepNumbers(all, outputs: self.scores.rows, output: output, places: self.places, steps: self.steps, piece, into: self.scores) }
    }
    for output in 0..<scores.rows { fill(Vector(scores.rows(output..<output + 1).base, count: scores.columns, precision: .float64)[count..<scores.columns], 0) }
  }

  /// Writes the target values, of `block.rows` for each step.
  /// - Throws: the reason why the work must end.
  func write(_ values: TensorView, into block: Block) throws(Failure) {
    let width = block.rows
    for target in 0..<width {
      let row = Vector(block.rows(target..<target + 1).base, count: block.columns, precision: .float64)
      try Watch.pieces(count) { piece in
        for index in piece {
          let (sample, step) = Int(self.places[index]).quotientAndRemainder(dividingBy: self.steps)
          row.store(values.number(row: sample, column: step * width + target), at: index)
        }
      }
      for index in count..<block.columns { row.store(0, at: index) }
    }
  }
}
