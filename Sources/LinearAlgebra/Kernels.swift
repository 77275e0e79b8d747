import CShims
import CKernels
import KernelsV1
import KernelsV3
import KernelsV4

/// The kernels of the instruction set in use. Only through them is code called that is compiled for AVX2 or AVX-512.
enum Kernels {
  /// Six tables: three instruction sets, two precisions. Those of instruction sets that this machine lacks are never made.
  private static let tables: UnsafeMutablePointer<KernelTable> = {
    let tables = UnsafeMutablePointer<KernelTable>.allocate(capacity: 6)
    let level = InstructionSet.detected.rawValue
    for slot in 0..<3 {
      // Instead of a missing instruction set's table, that of a lower set is used.
      let (float, double) =
        switch slot {
        case 2 where level >= InstructionSet.avx512.rawValue: (KernelsV4.floatTable(), KernelsV4.doubleTable())
        case 1 where level >= InstructionSet.avx2.rawValue: (KernelsV3.floatTable(), KernelsV3.doubleTable())
        default: (KernelsV1.floatTable(), KernelsV1.doubleTable())
        }
      (tables + 2 * slot).initialize(to: float)
      (tables + 2 * slot + 1).initialize(to: double)
    }
    return tables
  }()

  /// The table for a precision: 1 ns.
  static func table(_ precision: Precision) -> UnsafePointer<KernelTable> {
    let level = sode_shim_active_level()
    let slot = level == 4 ? 2 : level == 3 ? 1 : 0
    return UnsafePointer(tables) + (2 * slot + Int(precision.rawValue))
  }
}

extension Block {
  /// Whether the rows follow one another without gaps, which makes the block one array.
  var isContiguous: Bool { stride == columns || rows <= 1 }
}
