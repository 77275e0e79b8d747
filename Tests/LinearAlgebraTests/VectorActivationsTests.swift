import Foundation
import LinearAlgebra
import Testing

extension KernelSweeps {
  @Suite struct VectorActivationsTests {
    static func bound(_ activation: Activation, _ precision: Precision) -> Double {
      switch activation {
      case .tanh, .sigmoid, .softplus: 3
      case .sin: precision == .float32 ? 3 : 2
      case .relu, .identity: 0
      case .smoothRelu: 5
      case .leakyRelu: 1
      case .elu: 2
      case .gelu: 7
      case .silu: 6
      }
    }

    /// The value with more digits than the tested precision: Double for Float, Float80 for Double.
    func exact(_ activation: Activation?, _ x: Double) -> Float80 {
      let wide = Float80(x)
      switch activation {
      case .tanh:
        // (E − 1)/(E + 1) by expm1, which loses nothing near 0; 80-bit exp and log are libm's.
        let e = expm1l(-2 * abs(wide))
        return (x < 0 ? 1 : -1) * e / (e + 2)
      case .sigmoid: return x < 0 ? expl(wide) / (1 + expl(wide)) : 1 / (1 + expl(-wide))
      case .softplus: return (x > 0 ? wide : 0) + log1pl(expl(-abs(wide)))
      case .sin: return sinl(wide)
      case .relu: return x > 0 ? wide : 0
      case .identity: return wide
      case .smoothRelu: return abs(wide) < 0.1 ? (wide + 0.1) * (wide + 0.1) / 0.4 : x > 0 ? wide : 0
      case .leakyRelu: return x > 0 ? wide : wide / 100
      case .elu: return x > 0 ? wide : expm1l(wide)
      case .gelu:
        // ½ erfc(y) at y = −x/√2, whose rounding costs a derivative: the tail would magnify it by y².
        let root: Float80 = 0.7071067811865475243818940365159164684883
        let y = -wide * root
        let missing = (-y).addingProduct(-wide, root) - wide * 1.8950325588932570797e-20
        return wide * (erfcl(y) - missing * 2 * expl(-y * y) / Float80.pi.squareRoot()) / 2
      case .silu: return x < 0 ? wide * expl(wide) / (1 + expl(wide)) : wide / (1 + expl(-wide))
      case nil: return expl(wide)
      }
    }

    func worstUlps(_ activation: Activation?, _ precision: Precision, _ xs: [Double]) throws -> (ulps: Double, at: Double) {
      let x = try Numbers(xs.count, precision)
      let y = try Numbers(xs.count, precision)
      for (i, value) in xs.enumerated() { x[i] = value }
      if let activation { apply(activation, to: x.vector, into: y.vector) } else { exponential(x.vector, into: y.vector) }
      var worst = (0.0, 0.0)
      for i in 0..<xs.count {
        let wanted = exact(activation, x[i])
        let spacing: Float80 = precision == .float32 ? Float80(Float(abs(wanted)).ulp) : Float80(Double(abs(wanted)).ulp)
        let least: Float80 = precision == .float32 ? Float80(Float.leastNormalMagnitude) : Float80(Double.leastNormalMagnitude)
        if abs(wanted) < least, y[i] == 0 { continue }
        let error = Double(abs(Float80(y[i]) - wanted) / spacing)
        if !(error <= worst.0) { worst = (error, x[i]) }
      }
      return worst
    }

    /// A dense sweep: both signs, 40 000 magnitudes from 1e-12 to the end of the range by equal ratios, 40 000 by equal steps, and 40 000 by equal steps up to 8, where the bends are.
    static func sweep(to end: Double) -> [Double] {
      var xs: [Double] = []
      for i in 0..<40_000 {
        let t = Double(i) / 40_000
        xs.append(1e-12 * pow(end / 1e-12, t))
        xs.append(end * t)
        xs.append(8 * t)
      }
      return xs + xs.map { -$0 }
    }

    @Test(arguments: Precision.allCases, Activation.allCases)
    func staysWithinItsBound(_ precision: Precision, _ activation: Activation) throws {
      let end = activation == .sin ? 390.0 : precision == .float32 ? 110 : 760
      let bound = Self.bound(activation, precision)
      for level in levels {
        let (ulps, at) = try withInstructionSet(level) { try worstUlps(activation, precision, Self.sweep(to: end)) }
        #expect(ulps <= bound, "\(level.name) at \(at)")
      }
    }

    @Test(arguments: Precision.allCases)
    func exponentialStaysWithinItsBound(_ precision: Precision) throws {
      for level in levels {
        let (ulps, at) = try withInstructionSet(level) { try worstUlps(nil, precision, Self.sweep(to: precision == .float32 ? 88.7 : 709.7)) }
        #expect(ulps <= 3, "\(level.name) at \(at)")
      }
    }

    /// Beyond the range of the argument reduction libm is used.
    @Test(arguments: Precision.allCases)
    func largeAnglesAreAccurate(_ precision: Precision) throws {
      for level in levels {
        let (ulps, at) = try withInstructionSet(level) { try worstUlps(.sin, precision, [401, 1e4, -123_456.75, 1e7, 3e7, -9.9e6]) }
        #expect(ulps <= 2, "\(level.name) at \(at)")
      }
    }

    @Test(arguments: Precision.allCases, Activation.allCases)
    func specialValues(_ precision: Precision, _ activation: Activation) throws {
      let ends: (minus: Double, plus: Double) =
        switch activation {
        case .identity: (-.infinity, .infinity)
        case .tanh: (-1, 1)
        case .relu, .softplus: (0, .infinity)
        case .sigmoid: (0, 1)
        case .sin: (.nan, .nan)
        case .smoothRelu, .gelu, .silu: (0, .infinity)
        case .leakyRelu: (-.infinity, .infinity)
        case .elu: (-1, .infinity)
        }
      for level in levels {
        // 17 + 3 numbers, so that both the vector and the single path see them.
        let x = try Numbers(20, precision)
        let y = try Numbers(20, precision)
        for i in 0..<20 { x[i] = [Double.nan, -.infinity, .infinity, 0, 1e30, -1e30][i % 6] }
        withInstructionSet(level) { apply(activation, to: x.vector, into: y.vector) }
        for i in 0..<20 {
          switch i % 6 {
          case 0: #expect(y[i].isNaN)
          case 1: #expect(y[i] == ends.minus || y[i].isNaN && ends.minus.isNaN)
          case 2: #expect(y[i] == ends.plus || y[i].isNaN && ends.plus.isNaN)
          case 3:
            switch activation {
            case .sigmoid: #expect(y[i] == 0.5)
            case .softplus: #expect(y[i] == y[3])
            case .smoothRelu: #expect(abs(y[i] - 0.025) <= 0.1 * precision.epsilon)
            default: #expect(y[i] == 0)
            }
          default: #expect(y[i].isFinite)
          }
        }
        let e = try Numbers(20, precision)
        withInstructionSet(level) { exponential(x.vector, into: e.vector) }
        #expect(e[0].isNaN && e[1] == 0 && e[2] == .infinity && e[3] == 1 && e[4] == .infinity && e[5] == 0 && e[18].isNaN && e[19] == 0)
      }
    }
  }
}
