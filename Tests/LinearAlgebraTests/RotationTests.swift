import Foundation
import LinearAlgebra
import TestSupport
import Testing

@Suite struct RotationTests {
  private static let kinds = [Rotation.Kind.cayley, .exponential]

  private struct Made {
    let rotation: Rotation
    let a: Matrix
    let q: Matrix
    let memory: SmallMemory
  }

  private func make(_ kind: Rotation.Kind, _ n: Int, _ h: Double, _ precision: Precision, seed: UInt64 = 3) throws -> Made {
    let rotation = Rotation(kind, size: n)
    let memory = try SmallMemory(count: rotation.memoryCount(withDerivatives: true, precision: precision), precision: precision)
    let a = try SampleNumbers.normal(n * n, precision, seed: seed, deviation: 1 / Double(n).squareRoot()).matrix(rows: n, columns: n)
    // Q may be stored by columns.
    let q = try SampleNumbers(n * n, precision).matrix(rows: n, columns: n).transposed
    rotation.make(a, angle: h, into: q, memory: memory.base)
    return Made(rotation: rotation, a: a, q: q, memory: memory)
  }

  /// The largest element of QᵀQ − I, for angles from small ones to hundreds of radians.
  @Test(arguments: kinds, [0.01, 0.3, 3, 300]) func isOrthogonalToRounding(_ kind: Rotation.Kind, _ h: Double) throws {
    for n in [1, 2, 7, 32] {
      for precision in Precision.allCases {
        let q = try make(kind, n, h, precision).q.rowsOfNumbers
        let defect = largestDifference(plainProduct(plainTranspose(q), q).flatMap { $0 }, plainIdentity(n).flatMap { $0 })
        #expect(defect < (precision == .float64 ? 1e-14 : 1e-6) * Double(n).squareRoot(), "n \(n) \(precision)")
      }
    }
  }

  /// A turn of the plane by h(a₁₂ − a₂₁): the angle itself, or 2·atan of half of it.
  @Test(arguments: kinds) func turnsThePlane(_ kind: Rotation.Kind) throws {
    let (h, precision) = (0.7, Precision.float64)
    let made = try make(kind, 2, h, precision)
    let a = made.a.rowsOfNumbers
    let turn = h * (a[0][1] - a[1][0])
    let angle = kind == .exponential ? turn : 2 * atan(turn / 2)
    #expect(largestDifference(made.q.rowsOfNumbers.flatMap { $0 }, [cos(angle), sin(angle), -sin(angle), cos(angle)]) < 1e-15)
  }

  /// dQ agrees with the difference quotient of Q: halving the step divides the difference by four.
  @Test(arguments: kinds) func directionIsTheDerivative(_ kind: Rotation.Kind) throws {
    let (n, h) = (5, 0.8)
    let made = try make(kind, n, h, .float64)
    let da = try SampleNumbers.normal(n * n, .float64, seed: 8).matrix(rows: n, columns: n)
    let dq = try SampleNumbers(n * n, .float64).matrix(rows: n, columns: n)
    made.rotation.makeDirection(da, at: made.a, rotation: made.q, angle: h, into: dq, memory: made.memory.base)
    let moved = try SampleNumbers(n * n, .float64).matrix(rows: n, columns: n)
    let remainders = try [1e-3, 5e-4].map { epsilon -> Double in
      let sides = try [epsilon, -epsilon].map { epsilon -> [Double] in
        assign(1, made.a, into: moved)
        add(epsilon, da, to: moved)
        let q = try SampleNumbers(n * n, .float64).matrix(rows: n, columns: n)
        made.rotation.make(moved, angle: h, into: q, memory: made.memory.base)
        return q.rowsOfNumbers.flatMap { $0 }
      }
      let quotient = zip(sides[0], sides[1]).map { ($0 - $1) / (2 * epsilon) }
      return norm(zip(quotient, dq.rowsOfNumbers.flatMap { $0 }).map { $0 - $1 })
    }
    #expect(abs(remainders[0] / remainders[1] - 4) < 0.1)
  }

  /// ⟨G, dQ⟩ = ⟨dA of G, dA⟩.
  @Test(arguments: kinds, Precision.allCases) func pullBackIsTheTranspose(_ kind: Rotation.Kind, _ precision: Precision) throws {
    for h in [0.01, 0.8, 4] {
      let n = 6
      let made = try make(kind, n, h, precision)
      let da = try SampleNumbers.normal(n * n, precision, seed: 8).matrix(rows: n, columns: n)
      let g = try SampleNumbers.normal(n * n, precision, seed: 9)
      let dq = try SampleNumbers(n * n, precision).matrix(rows: n, columns: n)
      made.rotation.makeDirection(da, at: made.a, rotation: made.q, angle: h, into: dq, memory: made.memory.base)
      let forward = inner(g.values, dq.rowsOfNumbers.flatMap { $0 })
      let size = norm(g.values) * norm(dq.rowsOfNumbers.flatMap { $0 })
      made.rotation.pullBack(g.matrix(rows: n, columns: n), at: made.a, rotation: made.q, angle: h, memory: made.memory.base)
      let backward = inner(g.values, da.rowsOfNumbers.flatMap { $0 })
      #expect(abs(forward - backward) < 10 * precision.epsilon * size, "h \(h)")
    }
  }

  @Test(arguments: kinds) func withoutAnAngleNothingTurns(_ kind: Rotation.Kind) throws {
    #expect(try make(kind, 4, 0, .float64).q.rowsOfNumbers == plainIdentity(4))
  }
}
