"""The one table of the C functions: name → (result, arguments). tests/test_table.py compares it with stableode.h."""

from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint64, c_void_p

from ._structures import (
    Allocator,
    BlockMemoryData,
    DatasetInfo,
    EvaluationData,
    ProgressData,
    ProgressFunction,
    EventFunctionData,
    Limits,
    LossFunction,
    MemoryPlanData,
    MetricFunction,
    NearIdentityGapData,
    NetworkInfo,
    OpenFunction,
    OptionInfo,
    ReleaseFunction,
    SourceData,
    StepReportData,
    Tensor,
)

# SODE_VERSION_NUMBER of the header that this table follows.
VERSION_NUMBER = 200


class Status(c_int32):
    """A result type: the call raises when its status is negative, or when it was interrupted."""


class Outcome(Status):
    """A result type: the call raises only when its status is negative, because a call that ends early still has a result."""


Handle = c_void_p
HandleOut = POINTER(c_void_p)
Text = c_char_p
TextOut = POINTER(c_char_p)
TensorIn = POINTER(Tensor)
TensorOut = POINTER(Tensor)
IntOut = POINTER(c_int64)
RealOut = POINTER(c_double)
SizeOut = POINTER(c_size_t)
# Memory of the caller: char *, void *, float * and double * are all passed as addresses or bytes.
Memory = c_void_p
# ArrowSchema, ArrowArray and ArrowArrayStream are passed by the addresses that other libraries give.
ArrowStructure = c_void_p

FUNCTIONS = {
    # 1 versions
    "sode_version_number": (c_int32, []),
    "sode_version_text": (Text, []),
    "sode_build_info": (Text, []),
    # 2 status
    "sode_status_name": (Text, [c_int32]),
    "sode_status_text": (Text, [c_int32]),
    "sode_last_error_message": (Text, []),
    "sode_last_error_number": (c_int32, []),
    "sode_failed_row_count": (Status, [IntOut]),
    "sode_failed_row_at": (Status, [c_int64, IntOut, POINTER(Status), TextOut]),
    # 4 specification
    "sode_specification_create": (Status, [HandleOut]),
    "sode_specification_set_int": (Status, [Handle, Text, c_int64]),
    "sode_specification_set_real": (Status, [Handle, Text, c_double]),
    "sode_specification_set_text": (Status, [Handle, Text, Text]),
    "sode_specification_set_json": (Status, [Handle, Text, c_size_t]),
    "sode_specification_add_block": (Status, [Handle]),
    "sode_specification_json": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_specification_free": (None, [Handle]),
    # 5 network
    "sode_network_create": (Status, [Handle, HandleOut]),
    "sode_network_create_json": (Status, [Text, c_size_t, HandleOut]),
    "sode_network_copy": (Status, [Handle, HandleOut]),
    "sode_network_json": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_network_describe": (Status, [Handle, POINTER(NetworkInfo)]),
    "sode_network_parameter_at": (Status, [Handle, c_int64, TextOut, POINTER(c_int32), IntOut]),
    "sode_network_get_parameter": (Status, [Handle, Text, TensorOut]),
    "sode_network_set_parameter": (Status, [Handle, Text, TensorIn]),
    "sode_network_get_parameters": (Status, [Handle, TensorOut]),
    "sode_network_set_parameters": (Status, [Handle, TensorIn]),
    "sode_network_initialize": (Status, [Handle, c_uint64]),
    "sode_network_set_normalization": (Status, [Handle, TensorIn, TensorIn]),
    "sode_network_fit_normalization": (Status, [Handle, Handle]),
    "sode_network_get_normalization": (Status, [Handle, TensorOut, TensorOut]),
    "sode_network_set_target_scaling": (Status, [Handle, TensorIn, TensorIn]),
    "sode_network_get_target_scaling": (Status, [Handle, TensorOut, TensorOut]),
    "sode_network_set_metadata": (Status, [Handle, Text, Text]),
    "sode_network_get_metadata": (Status, [Handle, Text, Memory, c_size_t, SizeOut]),
    "sode_network_metadata_count": (Status, [Handle, IntOut]),
    "sode_network_metadata_at": (Status, [Handle, c_int64, Memory, c_size_t, SizeOut]),
    "sode_network_free": (None, [Handle]),
    # 6 data
    "sode_dataset_create": (Status, [TensorIn, TensorIn, HandleOut]),
    "sode_dataset_retain": (Status, [TensorIn, TensorIn, ReleaseFunction, c_void_p, HandleOut]),
    "sode_dataset_load_idx": (Status, [Text, Text, HandleOut]),
    "sode_dataset_load_cifar": (Status, [POINTER(Text), c_int64, c_int32, HandleOut]),
    "sode_dataset_create_problem": (Status, [Text, c_int64, c_int64, c_uint64, HandleOut, HandleOut]),
    "sode_dataset_slice": (Status, [Handle, c_int64, c_int64, HandleOut]),
    "sode_dataset_weighted": (Status, [Handle, TensorIn, HandleOut]),
    "sode_dataset_fold": (Status, [Handle, c_int64, c_int64, c_uint64, HandleOut, HandleOut]),
    "sode_dataset_describe": (Status, [Handle, POINTER(DatasetInfo)]),
    "sode_dataset_get": (Status, [Handle, TensorOut, TensorOut]),
    "sode_dataset_get_weights": (Status, [Handle, TensorOut]),
    "sode_dataset_free": (None, [Handle]),
    "sode_table_from_stream": (Status, [ArrowStructure, HandleOut]),
    "sode_table_from_array": (Status, [ArrowStructure, ArrowStructure, HandleOut]),
    "sode_table_from_tensor": (Status, [TensorIn, ReleaseFunction, c_void_p, HandleOut]),
    "sode_table_from_csr": (Status, [c_int64, TensorIn, TensorIn, TensorIn, ReleaseFunction, c_void_p, HandleOut]),
    "sode_table_describe": (Status, [Handle, IntOut, IntOut]),
    "sode_table_column_at": (Status, [Handle, c_int64, TextOut, TextOut]),
    "sode_table_free": (None, [Handle]),
    "sode_columns_fit": (Status, [Handle, Handle, Text, c_size_t, HandleOut]),
    "sode_columns_create_json": (Status, [Text, c_size_t, HandleOut]),
    "sode_columns_json": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_columns_describe": (Status, [Handle, IntOut, IntOut, IntOut]),
    "sode_columns_class_at": (Status, [Handle, c_int64, TextOut]),
    "sode_columns_free": (None, [Handle]),
    "sode_dataset_from_table": (Status, [Handle, Handle, Handle, c_int32, HandleOut]),
    "sode_dataset_with_columns": (Status, [Handle, Handle, HandleOut]),
    "sode_dataset_get_columns": (Status, [Handle, HandleOut]),
    "sode_network_set_columns": (Status, [Handle, Handle]),
    "sode_network_get_columns": (Status, [Handle, HandleOut]),
    "sode_network_predict_table": (Status, [Handle, Handle, c_int32, c_int64, TensorOut]),
    # 7 training
    "sode_trainer_create": (Status, [Handle, HandleOut]),
    "sode_trainer_set_int": (Status, [Handle, Text, c_int64]),
    "sode_trainer_set_real": (Status, [Handle, Text, c_double]),
    "sode_trainer_set_text": (Status, [Handle, Text, Text]),
    "sode_trainer_set_json": (Status, [Handle, Text, c_size_t]),
    "sode_trainer_get_int": (Status, [Handle, Text, IntOut]),
    "sode_trainer_get_real": (Status, [Handle, Text, RealOut]),
    "sode_trainer_get_text": (Status, [Handle, Text, Memory, c_size_t, SizeOut]),
    "sode_trainer_json": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_trainer_set_callback": (Status, [Handle, ProgressFunction, c_void_p]),
    "sode_trainer_set_class_weights": (Status, [Handle, TensorIn]),
    "sode_trainer_set_loss": (Status, [Handle, LossFunction, c_void_p]),
    "sode_trainer_set_metric": (Status, [Handle, MetricFunction, c_int32, c_void_p]),
    "sode_trainer_find_learning_rate": (Status, [Handle, Handle, c_double, c_double, c_int64, TensorOut, RealOut]),
    "sode_trainer_run": (Outcome, [Handle, Handle, Handle, POINTER(Limits)]),
    "sode_stream_create": (Status, [POINTER(SourceData), c_int64, HandleOut]),
    "sode_stream_create_arrow": (Status, [OpenFunction, ReleaseFunction, c_void_p, Handle, c_int64, HandleOut]),
    "sode_stream_free": (None, [Handle]),
    "sode_trainer_run_stream": (Outcome, [Handle, Handle, Handle, POINTER(Limits)]),
    "sode_trainer_history_count": (Status, [Handle, IntOut]),
    "sode_trainer_history_at": (Status, [Handle, c_int64, POINTER(ProgressData)]),
    "sode_trainer_save": (Status, [Handle, Text]),
    "sode_trainer_load": (Status, [Text, HandleOut, HandleOut]),
    "sode_trainer_refine": (Status, [Handle, Text, HandleOut, HandleOut]),
    "sode_multilevel_run": (Outcome, [Handle, c_int64, Text, Handle, Handle, POINTER(Limits), HandleOut, HandleOut]),
    "sode_trainer_free": (None, [Handle]),
    "sode_cancel_token_create": (Status, [HandleOut]),
    "sode_cancel_token_request": (Status, [Handle]),
    "sode_cancel_token_reset": (Status, [Handle]),
    "sode_cancel_token_free": (None, [Handle]),
    "sode_set_thread_limits": (Status, [POINTER(Limits)]),
    # 8 prediction
    "sode_network_evaluate": (Status, [Handle, Handle, c_int64, POINTER(EvaluationData)]),
    "sode_network_evaluate_weighted": (Status, [Handle, Handle, c_int64, POINTER(EvaluationData)]),
    "sode_network_metrics": (Status, [Handle, Handle, c_int64, Text, TensorOut]),
    "sode_network_metrics_weighted": (Status, [Handle, Handle, c_int64, Text, TensorOut]),
    "sode_network_confusion": (Status, [Handle, Handle, c_int64, TensorOut]),
    "sode_network_class_figures": (Status, [Handle, Handle, c_int64, TensorOut]),
    "sode_network_predict": (Status, [Handle, TensorIn, c_int32, c_int64, TensorOut]),
    "sode_network_states": (Status, [Handle, c_int64, TensorIn, TensorOut]),
    "sode_network_state_extents": (Status, [Handle, c_int64, IntOut, IntOut, IntOut]),
    "sode_network_visible_extents": (Status, [Handle, c_int64, IntOut, IntOut, IntOut]),
    "sode_network_state_shape": (Status, [Handle, c_int64, IntOut, IntOut]),
    "sode_predictor_create": (Status, [Handle, c_int64, c_int64, HandleOut]),
    "sode_predictor_run": (Status, [Handle, TensorIn, c_int32, TensorOut]),
    "sode_predictor_run_f32": (Status, [Handle, Memory, c_int64, c_int32, Memory]),
    "sode_predictor_run_f64": (Status, [Handle, Memory, c_int64, c_int32, Memory]),
    "sode_predictor_free": (None, [Handle]),
    # 9 files
    "sode_network_save": (Status, [Handle, Text]),
    "sode_network_load": (Status, [Text, HandleOut]),
    "sode_network_save_memory": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_network_load_memory": (Status, [Memory, c_size_t, HandleOut]),
    # 10 derivatives
    "sode_gradient_create": (Status, [Handle, c_int64, Text, c_int64, HandleOut]),
    "sode_gradient_bytes": (Status, [Handle, IntOut]),
    "sode_gradient_run": (Status, [Handle, TensorIn, TensorIn, RealOut, TensorOut]),
    "sode_gradient_set_loss": (Status, [Handle, LossFunction, c_void_p]),
    "sode_gradient_pullback": (Status, [Handle, TensorIn, TensorIn, TensorOut, TensorOut]),
    "sode_gradient_pushforward": (Status, [Handle, TensorIn, TensorIn, TensorIn, TensorOut, TensorOut]),
    "sode_gradient_curvature": (Status, [Handle, Text, TensorIn, TensorIn, TensorIn, TensorOut]),
    "sode_gradient_free": (None, [Handle]),
    # 11 equations
    "sode_gradient_report": (Status, [Handle, POINTER(StepReportData)]),
    "sode_network_solve": (
        Status,
        [
            Handle,
            c_int64,
            TensorIn,
            TensorIn,
            POINTER(EventFunctionData),
            TensorOut,
            TensorOut,
            TensorOut,
            TensorOut,
            POINTER(StepReportData),
        ],
    ),
    "sode_network_solve_from": (
        Status,
        [
            Handle,
            c_int64,
            TensorIn,
            TensorIn,
            TensorIn,
            TensorIn,
            POINTER(EventFunctionData),
            TensorOut,
            TensorOut,
            TensorOut,
            TensorOut,
            POINTER(StepReportData),
        ],
    ),
    "sode_network_solve_rows_or_nan": (
        Status,
        [
            Handle,
            c_int64,
            TensorIn,
            TensorIn,
            TensorIn,
            TensorIn,
            POINTER(EventFunctionData),
            TensorOut,
            TensorOut,
            TensorOut,
            TensorOut,
            POINTER(StepReportData),
        ],
    ),
    "sode_network_memory_plan": (Status, [Handle, c_int64, Text, c_int64, POINTER(MemoryPlanData)]),
    "sode_network_block_memory": (Status, [Handle, c_int64, Text, c_int64, c_int64, POINTER(BlockMemoryData)]),
    "sode_network_project": (Status, [Handle, Text, c_size_t, HandleOut]),
    "sode_network_refine": (Status, [Handle, Text, HandleOut]),
    "sode_network_prolong_images": (Status, [Handle, HandleOut]),
    "sode_network_restrict_images": (Status, [Handle, HandleOut]),
    "sode_network_get_feed_forward": (Status, [Handle, c_int64, TensorOut, TensorOut]),
    "sode_network_set_feed_forward": (Status, [Handle, c_int64, TensorIn, TensorIn]),
    "sode_specification_set_feed_forward": (Status, [Handle, c_int64, c_double, Text]),
    "sode_network_near_identity_gap": (Status, [Handle, c_int64, TensorIn, POINTER(NearIdentityGapData)]),
    # 12 introspection
    "sode_registry_count": (Status, [Text, IntOut]),
    "sode_registry_at": (Status, [Text, c_int64, TextOut, TextOut]),
    "sode_option_count": (Status, [Text, IntOut]),
    "sode_option_at": (Status, [Text, c_int64, POINTER(OptionInfo)]),
    # 13 memory
    "sode_set_allocator": (Status, [POINTER(Allocator)]),
    "sode_set_memory_limit": (Status, [c_int64]),
    "sode_memory_usage": (Status, [IntOut, IntOut]),
    "sode_reset_memory_peak": (Status, []),
    # 14 analysis
    "sode_network_stability_report": (Status, [Handle, TensorIn, Text, c_size_t, HandleOut]),
    "sode_network_mechanics": (Status, [Handle, TensorIn, TensorIn, TensorIn, TensorIn, Text, c_size_t, HandleOut]),
    "sode_network_check_derivatives": (Status, [Handle, TensorIn, HandleOut]),
    "sode_report_json": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_report_array_count": (Status, [Handle, IntOut]),
    "sode_report_array_at": (Status, [Handle, c_int64, TextOut, POINTER(c_int32), IntOut, TextOut]),
    "sode_report_get_array": (Status, [Handle, Text, TensorOut]),
    "sode_report_free": (None, [Handle]),
    # 15 certificates
    "sode_network_certify": (Status, [Handle, Text, Text, c_size_t, TensorIn, HandleOut]),
    "sode_certificate_verdict": (Status, [Handle, POINTER(c_int32)]),
    "sode_network_repair": (Status, [Handle, Text, Text, c_size_t, RealOut, HandleOut]),
    "sode_certificate_number": (Status, [Handle, Text, RealOut]),
    "sode_certificate_json": (Status, [Handle, Memory, c_size_t, SizeOut]),
    "sode_certificate_free": (None, [Handle]),
    "sode_network_certified_radius": (Status, [Handle, TensorIn, c_int64, TensorOut, TensorOut]),
}
