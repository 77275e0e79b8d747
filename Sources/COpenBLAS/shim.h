/* OpenBLAS by its C interface. Which flavor (static serial, or the system's) is chosen by pkg-config: see the Makefile. */
#include <cblas.h>

/* LAPACK, which OpenBLAS brings along: column-major, 32-bit integers, everything by pointer. */
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);
void spotrf_(const char *triangle, const int *n, float *a, const int *lda, int *info);
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info);
void dgetrs_(const char *trans, const int *n, const int *nrhs, const double *a, const int *lda, const int *pivots, double *b, const int *ldb, int *info);
