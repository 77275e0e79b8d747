import Glibc
import LinearAlgebra
import Settings

/// The peaks function on the plane:
/// f(x, y) = 3(1−x)² exp(−x²−(y+1)²) − 10(x/5−x³−y⁵) exp(−x²−y²) − ⅓ exp(−(x+1)²−y²).
///
/// Source: MATLAB's `peaks`; Haber & Ruthotto (2018), §6.3.
package func peaksFunction(_ x: Double, _ y: Double) -> Double {
  let left = 3 * (1 - x) * (1 - x) * exp(-x * x - (y + 1) * (y + 1))
  let middle = 10 * (x / 5 - x * x * x - y * y * y * y * y) * exp(-x * x - y * y)
  let right = exp(-(x + 1) * (x + 1) - y * y) / 3
  return left - middle - right
}

/// The level, 0 … 4, of a point: five classes of equal width between the function's least and greatest value.
package func peaksLevel(_ x: Double, _ y: Double) -> Int {
  let part = (peaksFunction(x, y) - peaksRange.lowerBound) / (peaksRange.upperBound - peaksRange.lowerBound)
  return min(4, max(0, Int((5 * part).rounded(.down))))
}

/// The least and the greatest value on the 256 × 256 grid over [−3, 3]². Points between grid points may have values slightly outside this range, which belong to the outer levels.
package let peaksRange = -6.549719...8.105393

/// Peaks: points drawn uniformly from [−3, 3]² until each of the five levels has its count.
///
/// Source: Haber & Ruthotto (2018), §6.3. The levels follow one another cyclically (row i has level i mod 5), so that every part contains all of them evenly.
/// - Parameters:
///   - training, validation: numbers of samples over all levels, each >= 1 (in the paper 4000 and 1000: 1000 per level, of which 20 % are for validation).
///   - seed: the seed of the random stream.
/// - Throws: `memory`.
/// Cost: about 7 draws per sample, because the rarest level covers 2.8 % of the square.
@Sendable package func peaks(training: Int, validation: Int, seed: UInt64) throws(Failure) -> (training: Dataset, validation: Dataset) {
  let sets = [try LabeledPoints(count: training), try LabeledPoints(count: validation)]
  var random = RandomStream(seed: seed, stream: 0)
  // Rows of level c are c, c + 5, c + 10, …; the next free row of each set and level.
  var next = [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
  var missing = training + validation
  var drawn = 0
  while missing > 0 {
    drawn += 1
    if drawn % 8192 == 0 { try Watch.check() }
    let x = 6 * random.uniform() - 3
    let y = 6 * random.uniform() - 3
    let level = peaksLevel(x, y)
    let set = next[0][level] < training ? 0 : 1
    let row = next[set][level]
    if row >= (set == 0 ? training : validation) { continue }
    sets[set].set(row, x: x, y: y, label: level)
    next[set][level] += 5
    missing -= 1
  }
  return (sets[0].dataset(classes: 5), sets[1].dataset(classes: 5))
}
