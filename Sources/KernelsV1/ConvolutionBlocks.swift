/// How the outputs of a convolution are cut into register tiles: blocks of four, and at the end one or two smaller blocks, none of one output where it can be avoided.
///
/// Packed weights have the same blocks.
enum ConvolutionBlocks {
  /// The number of outputs in the block that begins where `remaining` outputs are left.
  @inline(__always) static func outputs(_ remaining: Int) -> Int { remaining == 5 || remaining == 6 ? 3 : remaining < 4 ? remaining : 4 }
}

/// The register tiles for blocks of one size, widest first; the last has one register.
protocol TileSizes {
  associatedtype Vector: Lanes
  associatedtype A: SumTile where A.Vector == Vector
  associatedtype B: SumTile where B.Vector == Vector
  associatedtype C: SumTile where C.Vector == Vector
  associatedtype D: SumTile where D.Vector == Vector
  associatedtype E: SumTile where E.Vector == Vector
}

// The sums of a tile, a run of inputs and a weight fit the registers: 32 with AVX-512, else 16, one of which the baseline needs for the product. At least eight sums hide the latency of the multiply-add.
#if V4
  enum FourOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = FourOutputs<SixVectors<Vector>>
    typealias B = FourOutputs<FourVectors<Vector>>
    typealias C = FourOutputs<TwoVectors<Vector>>
    typealias D = FourOutputs<OneVector<Vector>>
    typealias E = D
  }
  enum ThreeOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = ThreeOutputs<SixVectors<Vector>>
    typealias B = ThreeOutputs<FourVectors<Vector>>
    typealias C = ThreeOutputs<TwoVectors<Vector>>
    typealias D = ThreeOutputs<OneVector<Vector>>
    typealias E = D
  }
#elseif V3
  enum FourOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = FourOutputs<ThreeVectors<Vector>>
    typealias B = FourOutputs<TwoVectors<Vector>>
    typealias C = FourOutputs<OneVector<Vector>>
    typealias D = C
    typealias E = C
  }
  enum ThreeOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = ThreeOutputs<ThreeVectors<Vector>>
    typealias B = ThreeOutputs<TwoVectors<Vector>>
    typealias C = ThreeOutputs<OneVector<Vector>>
    typealias D = C
    typealias E = C
  }
#else
  enum FourOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = FourOutputs<TwoVectors<Vector>>
    typealias B = FourOutputs<OneVector<Vector>>
    typealias C = B
    typealias D = B
    typealias E = B
  }
  enum ThreeOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = ThreeOutputs<TwoVectors<Vector>>
    typealias B = ThreeOutputs<OneVector<Vector>>
    typealias C = B
    typealias D = B
    typealias E = B
  }
#endif

// Sums of two outputs leave registers free: AVX2 and the baseline have the same tiles.
#if V4
  enum TwoOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = TwoOutputs<EightVectors<Vector>>
    typealias B = TwoOutputs<FourVectors<Vector>>
    typealias C = TwoOutputs<TwoVectors<Vector>>
    typealias D = TwoOutputs<OneVector<Vector>>
    typealias E = D
  }
#else
  enum TwoOutputSizes<Vector: Lanes>: TileSizes {
    typealias A = TwoOutputs<FourVectors<Vector>>
    typealias B = TwoOutputs<TwoVectors<Vector>>
    typealias C = TwoOutputs<OneVector<Vector>>
    typealias D = C
    typealias E = C
  }
#endif

enum OneOutputSizes<Vector: Lanes>: TileSizes {
  typealias A = OneOutput<TwelveVectors<Vector>>
  typealias B = OneOutput<EightVectors<Vector>>
  typealias C = OneOutput<FourVectors<Vector>>
  typealias D = OneOutput<TwoVectors<Vector>>
  typealias E = OneOutput<OneVector<Vector>>
}
