import CKernels
import CShims

#if V4
  private let winogradChannels: (@convention(c) (UnsafeMutableRawPointer) -> Void)? = { WinogradChannels.convolve($0) }
#else
  private let winogradChannels: (@convention(c) (UnsafeMutableRawPointer) -> Void)? = nil
#endif

/// The convolution kernels for Float.
func floatConvolutionKernels() -> ConvolutionKernels {
  ConvolutionKernels(
    border: { sode_shim_with_room({ border(FloatFamily.self, $0, $1) }, $0) }, fold: { foldBorder(FloatFamily.self, $0) }, pack: { packWeights(FloatFamily.self, $0) },
    tile: { sode_shim_with_room({ convolveTile(FloatFamily.self, $0, $1) }, $0) }, one: { convolveOne(FloatFamily.self, $0) },
    gradient: { sode_shim_with_room({ convolutionGradient(FloatFamily.self, $0, $1) }, $0) }, packWinograd: { packWinograd(FloatFamily.self, $0) },
    winogradTile: { winogradTile(FloatFamily.self, $0) }, winogradOne: { winogradOne($0) }, winogradChannels: winogradChannels,
    winogradGradient: { sode_shim_with_room({ winogradGradient(FloatFamily.self, $0, $1) }, $0) })
}

/// The convolution kernels for Double.
func doubleConvolutionKernels() -> ConvolutionKernels {
  ConvolutionKernels(
    border: { sode_shim_with_room({ border(DoubleFamily.self, $0, $1) }, $0) }, fold: { foldBorder(DoubleFamily.self, $0) }, pack: { packWeights(DoubleFamily.self, $0) },
    tile: { sode_shim_with_room({ convolveTile(DoubleFamily.self, $0, $1) }, $0) }, one: { convolveOne(DoubleFamily.self, $0) },
    gradient: { sode_shim_with_room({ convolutionGradient(DoubleFamily.self, $0, $1) }, $0) }, packWinograd: nil, winogradTile: nil, winogradOne: nil, winogradChannels: nil, winogradGradient: nil)
}
