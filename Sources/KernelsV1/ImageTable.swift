import CKernels
import CShims

/// The kernels of pooling and normalization for Float.
func floatImageKernels() -> ImageKernels {
  ImageKernels(
    averagePool: { averagePool(FloatFamily.self, $0) }, averagePoolTransposed: { averagePoolTransposed(FloatFamily.self, $0) },
    maxPool: { maxPool(FloatFamily.self, $0) },
    maxPoolTangent: { maxPoolTangent(FloatFamily.self, $0) }, maxPoolTransposed: { maxPoolTransposed(FloatFamily.self, $0) },
    channelSums: { sode_shim_with_room({ channelSums(FloatFamily.self, $0, $1) }, $0) }, channelSumsTransposed: { channelSumsTransposed(FloatFamily.self, $0) },
    moments: { sode_shim_with_room({ imageMoments(FloatFamily.self, $0, $1) }, $0) },
    normalize: { sode_shim_with_room({ normalize(FloatFamily.self, GroupPlace.self, $0, $1) }, $0) },
    normalizePixels: { sode_shim_with_room({ normalize(FloatFamily.self, PixelPlace.self, $0, $1) }, $0) },
    normalizationSums: { sode_shim_with_room({ normalizationSums(FloatFamily.self, GroupPlace.self, $0, $1) }, $0) },
    pixelGradients: { sode_shim_with_room({ normalizationSums(FloatFamily.self, PixelPlace.self, $0, $1) }, $0) },
    normalizationTangent: { normalizationTangent(FloatFamily.self, GroupPlace.self, $0) },
    pixelTangent: { normalizationTangent(FloatFamily.self, PixelPlace.self, $0) },
    normalizationPullback: { normalizationPullback(FloatFamily.self, GroupPlace.self, $0) },
    pixelPullback: { normalizationPullback(FloatFamily.self, PixelPlace.self, $0) },
    pixelStatistics: { sode_shim_with_room({ pixelStatistics(FloatFamily.self, $0, $1) }, $0) },
    pixelSums: { sode_shim_with_room({ pixelSums(FloatFamily.self, $0, $1) }, $0) })
}

/// The kernels of pooling and normalization for Double.
func doubleImageKernels() -> ImageKernels {
  ImageKernels(
    averagePool: { averagePool(DoubleFamily.self, $0) }, averagePoolTransposed: { averagePoolTransposed(DoubleFamily.self, $0) },
    maxPool: { maxPool(DoubleFamily.self, $0) },
    maxPoolTangent: { maxPoolTangent(DoubleFamily.self, $0) }, maxPoolTransposed: { maxPoolTransposed(DoubleFamily.self, $0) },
    channelSums: { sode_shim_with_room({ channelSums(DoubleFamily.self, $0, $1) }, $0) },
    channelSumsTransposed: { channelSumsTransposed(DoubleFamily.self, $0) },
    moments: { sode_shim_with_room({ imageMoments(DoubleFamily.self, $0, $1) }, $0) },
    normalize: { sode_shim_with_room({ normalize(DoubleFamily.self, GroupPlace.self, $0, $1) }, $0) },
    normalizePixels: { sode_shim_with_room({ normalize(DoubleFamily.self, PixelPlace.self, $0, $1) }, $0) },
    normalizationSums: { sode_shim_with_room({ normalizationSums(DoubleFamily.self, GroupPlace.self, $0, $1) }, $0) },
    pixelGradients: { sode_shim_with_room({ normalizationSums(DoubleFamily.self, PixelPlace.self, $0, $1) }, $0) },
    normalizationTangent: { normalizationTangent(DoubleFamily.self, GroupPlace.self, $0) },
    pixelTangent: { normalizationTangent(DoubleFamily.self, PixelPlace.self, $0) },
    normalizationPullback: { normalizationPullback(DoubleFamily.self, GroupPlace.self, $0) },
    pixelPullback: { normalizationPullback(DoubleFamily.self, PixelPlace.self, $0) },
    pixelStatistics: { sode_shim_with_room({ pixelStatistics(DoubleFamily.self, $0, $1) }, $0) },
    pixelSums: { sode_shim_with_room({ pixelSums(DoubleFamily.self, $0, $1) }, $0) })
}
