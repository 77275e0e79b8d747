import Datasets
import LinearAlgebra
import Settings
import Testing

@Suite struct TextListTests {
  @Test func textsEndWithAZeroByte() throws {
    let texts = ["", "a", "größer", String(repeating: "x", count: 5000), ""]
    let list = try TextList(texts)
    #expect(list.count == 5 && (0..<5).map { String(cString: list[$0]) } == texts)
    #expect(try TextList([]).count == 0)
  }
}
