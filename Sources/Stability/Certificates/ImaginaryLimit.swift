/// The largest y, rounded down, for which a Runge–Kutta method has |R| ≤ 1 on the imaginary axis from 0 to iy.
///
/// R is the Taylor polynomial of exp up to the order, since the methods named here have as many stages as orders: |R(iy)|² − 1 is −y⁴/12 + y⁶/36 for three stages and −y⁶/72 + y⁸/576 for four, so that the limits are √3 and √8.
/// heun has the limit 0. Of a tableau of the caller's none is known here: its Doubles need not have such a limit even where they are meant to be thirds.
package enum ImaginaryLimit {
  package static func lowerBound(name: String) -> Double? {
    switch name {
    case "ssprk3", "rk3": 3.0.squareRoot().nextDown
    case "rk4": 8.0.squareRoot().nextDown
    case "heun": 0
    default: nil
    }
  }
}
