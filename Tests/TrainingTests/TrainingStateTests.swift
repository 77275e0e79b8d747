import Testing
import Training

@Test func turningToTheNextEpochKeepsWhatSpansEpochs() {
  var state = TrainingState()
  (state.position, state.validated, state.step, state.learningRate) = (7, 3, 11, 0.5)
  (state.lossSum, state.correct, state.validationLossSum, state.validationCorrect, state.milliseconds) = (1, 2, 3, 4, 5)
  state.finishEpoch()
  #expect((state.epoch, state.position, state.validated, state.step) == (1, 0, 0, 11))
  #expect((state.lossSum, state.correct, state.validationLossSum, state.validationCorrect) == (0, 0, 0, 0))
  #expect(state.learningRate == 0.5 && state.milliseconds == 5)
}
