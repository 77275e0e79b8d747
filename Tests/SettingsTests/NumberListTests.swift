import Settings
import Testing

@Suite struct NumberListTests {
  @Test(arguments: [
    ("", []), ("  ", []), ("1", [1]), ("0.5,0.5", [0.5, 0.5]), (" -1e-3 ,\t+2 , .25,3.", [-1e-3, 2, 0.25, 3]), ("1E2", [100]),
    // The shortest digits of the Double nearest to 1/3.
    ("0.3333333333333333", [1.0 / 3]),
  ] as [(String, [Double])])
  func readsNumbersBetweenCommas(_ text: String, _ expected: [Double]) throws {
    #expect(try parseReals(text, key: "tableau_b") == expected)
  }

  @Test(arguments: [
    ("1,,2", 2), ("1,", 2), (",", 1), ("1;2", 1), ("0.5,half", 2), ("nan", 1), ("1,inf", 2), ("1,2,1e999", 3), ("0x10", 1), ("1 2", 1), ("--1", 1), ("1,é", 2),
  ]) func refusesWhatIsNoNumberWithItsPlace(_ text: String, _ place: Int) {
    #expect { try parseReals(text, key: "tableau_b") } throws: { error in
      (error as? Failure)?.status == .invalidData && "\(error)".contains("tableau_b: entry \(place - 1) is")
    }
  }

  @Test func whatIsShownReadsBack() throws {
    let numbers = [1.0 / 3, -2, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1]
    #expect(try parseReals(shown(reals: numbers), key: "x") == numbers)
    #expect(shown(reals: []) == "")
  }
}
