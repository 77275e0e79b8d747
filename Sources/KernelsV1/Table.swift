import CShims
import CKernels

/// The kernels for Float, on the instruction set that this module is compiled for.
package func floatTable() -> KernelTable {
  KernelTable(
    affineTile: { sode_shim_with_room({ affineTile(FloatFamily.self, $0, $1) }, $0) }, affineOne: { affineOne(FloatFamily.self, $0) },
    affineChain: { affineChain(FloatFamily.self, $0) }, multiply: { multiply(FloatFamily.self, $0) }, multiplySumming: { multiplySumming(FloatFamily.self, $0) },
    combine: { combine(FloatFamily.self, $0) }, copy: { copy(FloatFamily.self, $0) }, fill: { fill(FloatFamily.self, $0, $1, $2) },
    outer: { sode_shim_with_room({ outer(FloatFamily.self, $0, $1) }, $0) }, rowSums: { rowSums(FloatFamily.self, $0) }, dot: { dot(FloatFamily.self, $0, $1, $2) },
    squaredDistance: { squaredDistance(FloatFamily.self, $0, $1, $2) }, largestDifference: { largestDifference(FloatFamily.self, $0, $1, $2) }, allFinite: { allFinite(FloatFamily.self, $0, $1) },
    antisymmetrize: { sode_shim_with_room({ antisymmetrize(FloatFamily.self, $0, $1) }, $0) },
   
    sgd: { sgd(FloatFamily.self, $0) }, adam: { adam(FloatFamily.self, $0) }, crossEntropy: { crossEntropy(FloatFamily.self, $0) }, logistic: { logistic(FloatFamily.self, $0) },
    leastSquares: { leastSquares(FloatFamily.self, $0) }, softmax: { softmax(FloatFamily.self, $0) },
    activation: { applyActivation(FloatFamily.self, $0, $1, $2, $3) }, exponential: { applyExponential(FloatFamily.self, $0, $1, $2) },
    gather: { gather(FloatFamily.self, $0) }, scatter: { scatter(FloatFamily.self, $0) }, activate: { activate(FloatFamily.self, $0) }, scaleRows: { scaleRows(FloatFamily.self, $0) },
    rowDots: { rowDots(FloatFamily.self, $0) }, columnDots: { columnDots(FloatFamily.self, $0) }, selectColumns: { selectColumns(FloatFamily.self, $0) },
    errorNorms: { errorNorms(FloatFamily.self, $0) }, weightedSum: { weightedSum(FloatFamily.self, $0) },
    path: { path(FloatFamily.self, $0) }, draw: { sode_shim_with_room({ draw(FloatFamily.self, $0, $1) }, $0) }, convolution: floatConvolutionKernels(), image: floatImageKernels())
}

/// The kernels for Double.
package func doubleTable() -> KernelTable {
  KernelTable(
    affineTile: { sode_shim_with_room({ affineTile(DoubleFamily.self, $0, $1) }, $0) }, affineOne: { affineOne(DoubleFamily.self, $0) },
    affineChain: { affineChain(DoubleFamily.self, $0) }, multiply: { multiply(DoubleFamily.self, $0) }, multiplySumming: { multiplySumming(DoubleFamily.self, $0) },
    combine: { combine(DoubleFamily.self, $0) }, copy: { copy(DoubleFamily.self, $0) }, fill: { fill(DoubleFamily.self, $0, $1, $2) },
    outer: { sode_shim_with_room({ outer(DoubleFamily.self, $0, $1) }, $0) }, rowSums: { rowSums(DoubleFamily.self, $0) }, dot: { dot(DoubleFamily.self, $0, $1, $2) },
    squaredDistance: { squaredDistance(DoubleFamily.self, $0, $1, $2) }, largestDifference: { largestDifference(DoubleFamily.self, $0, $1, $2) }, allFinite: { allFinite(DoubleFamily.self, $0, $1) },
    antisymmetrize: { sode_shim_with_room({ antisymmetrize(DoubleFamily.self, $0, $1) }, $0) },
   
    sgd: { sgd(DoubleFamily.self, $0) }, adam: { adam(DoubleFamily.self, $0) }, crossEntropy: { crossEntropy(DoubleFamily.self, $0) }, logistic: { logistic(DoubleFamily.self, $0) },
    leastSquares: { leastSquares(DoubleFamily.self, $0) }, softmax: { softmax(DoubleFamily.self, $0) },
    activation: { applyActivation(DoubleFamily.self, $0, $1, $2, $3) }, exponential: { applyExponential(DoubleFamily.self, $0, $1, $2) },
    gather: { gather(DoubleFamily.self, $0) }, scatter: { scatter(DoubleFamily.self, $0) }, activate: { activate(DoubleFamily.self, $0) }, scaleRows: { scaleRows(DoubleFamily.self, $0) },
    rowDots: { rowDots(DoubleFamily.self, $0) }, columnDots: { columnDots(DoubleFamily.self, $0) }, selectColumns: { selectColumns(DoubleFamily.self, $0) },
    errorNorms: { errorNorms(DoubleFamily.self, $0) }, weightedSum: { weightedSum(DoubleFamily.self, $0) },
    path: { path(DoubleFamily.self, $0) }, draw: { sode_shim_with_room({ draw(DoubleFamily.self, $0, $1) }, $0) }, convolution: doubleConvolutionKernels(), image: doubleImageKernels())
}
