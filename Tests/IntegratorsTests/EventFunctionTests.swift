import Integrators
import Testing

@Suite struct EventFunctionTests {
  @Test func theDirectionSaysWhichSideIsLeft() {
    func sides(_ direction: EventFunction.Direction) -> [Bool] {
      [EventFunction.Side.below, .onLevel, .above].map { EventFunction(weights: [1], level: 0, direction: direction).isMet(leaving: $0) }
    }
    #expect(sides(.rising) == [true, false, false])
    #expect(sides(.falling) == [false, false, true])
    #expect(sides(.either) == [true, false, true])
  }

  @Test func sidesHaveATolerance() {
    #expect(EventFunction.Side(of: 1e-300) == .above && EventFunction.Side(of: -1e-300) == .below && EventFunction.Side(of: -0.0) == .onLevel)
    #expect(EventFunction.Side(of: 1e-9, tolerance: 1e-9) == .onLevel && EventFunction.Side(of: -2e-9, tolerance: 1e-9) == .below)
  }
}
