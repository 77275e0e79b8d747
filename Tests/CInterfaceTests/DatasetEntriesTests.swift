import CStableODE
import Testing

struct DatasetEntriesTests {
  @Test func labelsComeBackInTheirType() throws {
    let dataset = try TestDataset()
    var info = sode_dataset_info()
    info.struct_size = UInt32(MemoryLayout<sode_dataset_info>.size)
    #expect(sode_dataset_describe(dataset.handle, &info) == SODE_OK)
    #expect(info.samples == 6 && info.features == 2 && info.targets == 3 && info.target_kind == 0)
    #expect(info.feature_type.code == 2 && info.feature_type.bits == 32)
    var labels = [Int64](repeating: -1, count: 6)
    withTensor(&labels, [6]) { #expect(sode_dataset_get(dataset.handle, nil, $0) == SODE_OK) }
    #expect(labels == [0, 1, 2, 0, 1, 2])
    var reals = [Float](repeating: -1, count: 6)
    withTensor(&reals, [6]) { #expect(sode_dataset_get(dataset.handle, nil, $0) == SODE_ERR_UNSUPPORTED_TYPE) }
  }

  /// The release callback is called once, when the last slice is freed.
  @Test func borrowedMemoryIsGivenBackOnce() {
    var calls = 0
    withUnsafeMutablePointer(to: &calls) { calls in
      var points: [Float] = [1, 2, 3, 4]
      var labels: [Int32] = [0, 1]
      var dataset: OpaquePointer?
      var slice: OpaquePointer?
      withTensor(&points, [2, 2]) { x in
        withTensor(&labels, [2]) { y in
          #expect(
            sode_dataset_retain(x, y, { $0?.assumingMemoryBound(to: Int.self).pointee += 1 }, calls, &dataset) == SODE_OK)
        }
        #expect(sode_dataset_slice(dataset, 1, 1, &slice) == SODE_OK)
        sode_dataset_free(dataset)
        #expect(calls.pointee == 0)
        sode_dataset_free(slice)
        #expect(calls.pointee == 1)
      }
    }
  }
}
