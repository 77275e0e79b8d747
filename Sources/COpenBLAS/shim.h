/* OpenBLAS by its C interface. Which flavor (static serial, or the system's) is chosen by pkg-config: see the Makefile. */
#include <cblas.h>

/* LAPACK, which OpenBLAS brings along: column-major, 32-bit integers, everything by pointer. */
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivots, int *info);
void spotrf_(const char *triangle, const int *n, float *a, const int *lda, int *info);
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info);
void dgetrs_(const char *trans, const int *n, const int *nrhs, const double *a, const int *lda, const int *pivots, double *b, const int *ldb, int *info);

/* Eigenvalues and singular values of small matrices. These routines, unlike LAPACK's drivers, need no Fortran runtime. */
void dgebal_(const char *job, const int *n, double *a, const int *lda, int *ilo, int *ihi, double *scale, int *info);
void dgehd2_(const int *n, const int *ilo, const int *ihi, double *a, const int *lda, double *tau, double *work, int *info);
void dlahqr_(const int *wantt, const int *wantz, const int *n, const int *ilo, const int *ihi, double *h, const int *ldh, double *wr, double *wi, const int *iloz, const int *ihiz, double *z, const int *ldz, int *info);
void dsytd2_(const char *triangle, const int *n, double *a, const int *lda, double *d, double *e, double *tau, int *info);
void dsterf_(const int *n, double *d, double *e, int *info);
void dbdsqr_(const char *triangle, const int *n, const int *ncvt, const int *nru, const int *ncc, double *d, double *e, double *vt, const int *ldvt, double *u, const int *ldu, double *c, const int *ldc, double *work, int *info);
