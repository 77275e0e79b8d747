import Testing

/// The scanner on which the source rules depend.
struct CodeScannerTests {
  @Test func commentsAreBlank() {
    #expect(codeOnly("a // try! b\n/* print( /* nested */\n */ c") == "a \n\n c")
  }

  @Test func textsAreBlankAndInterpolatedCodeStays() {
    #expect(codeOnly(#"let a = "try! \" // print(" + b!"#) == "let a = \"\" + b!")
    #expect(codeOnly(##"f(#"a " \(b) // "#, c)"##) == "f(\"\", c)")
    #expect(codeOnly(#"g("x \(h("y(", 1)!) z", d)"#) == "g(\"(h(\"\", 1)!)\", d)")
    #expect(codeOnly(##"r(#/" \//#) // x"##) == "r() ")
    #expect(codeOnly("k = \"\"\"\n  \"quoted\" // text\n  \"\"\" + m") == "k = \"\n\n\" + m")
  }
}
