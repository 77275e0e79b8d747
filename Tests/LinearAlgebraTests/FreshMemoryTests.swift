import LinearAlgebra
import Settings
import Testing

struct FreshMemoryTests {
  /// Every page becomes resident, what the memory holds stays, and a second call has nothing to do.
  @Test func providesEveryPageAndKeepsTheContents() throws {
    let count = (9 << 20) / 4 + 5
    var size = Arena.Size()
    for numbers in [5, count] { size.add(count: numbers, precision: .float32) }
    let arena = try Arena(size)
    let before = arena.vector(count: 5, precision: .float32)
    let mark = arena.mark
    let numbers = arena.vector(count: count, precision: .float32)
    let memory = FreshMemory(arena, since: mark)
    for place in [0, 1023, 1024, count / 2, count - 1] { numbers.store(Double(place + 1), at: place) }
    memory.provide(.none)
    memory.provide(.none)
    for place in [0, 1023, 1024, count / 2, count - 1] { #expect(numbers.load(place) == Double(place + 1)) }
    #expect(numbers.load(7) == 0 && before.load(0) == 0)
    withExtendedLifetime(arena) {}
  }

  /// If the work must end, the remaining pages are left.
  @Test func leavesOffWhenTheWorkMustEnd() throws {
    let count = 64 << 20
    var size = Arena.Size()
    size.add(count: count / 4, precision: .float32)
    let arena = try Arena(size)
    let mark = arena.mark
    _ = arena.vector(count: count / 4, precision: .float32)
    let memory = FreshMemory(arena, since: mark)
    nonisolated(unsafe) var asked = 0
    let watch = Watch(isCancelled: {
      asked += 1
      return asked > 3
    })
    memory.provide(watch)
    #expect(asked == 4)
    // The next call goes on where this one left off: 32 pieces of 2 MB, of which 3 are done.
    asked = -1000
    memory.provide(Watch(isCancelled: {
      asked += 1
      return false
    }))
    #expect(asked + 1000 == 29)
    withExtendedLifetime(arena) {}
  }

  /// Rows of a result, of which other rows stay untouched.
  @Test func providesRowsOfAnArray() throws {
    let (rows, columns) = (6, 1 << 20)
    let buffer = try Buffer(count: rows * columns, precision: .float32)
    let numbers = buffer.vector(count: rows * columns, precision: .float32)
    numbers.store(3, at: columns)
    FreshMemory(MutableTensorView(buffer.base, type: .float32, rows: rows, columns: columns), rows: 1..<4).provide(.none)
    #expect(numbers.load(columns) == 3 && numbers.load(columns + 1) == 0)
    withExtendedLifetime(buffer) {}
  }
}
