/* What the host sees of the other files. C and C++. */
#ifndef RDC_SHARED_H
#define RDC_SHARED_H

#ifdef __cplusplus
hipError_t set_salt(unsigned salt);                         /* b.hip */
hipError_t read_matches(unsigned *matches);                 /* b.hip */
hipError_t launch_hashes(unsigned *d_hashes, int n);        /* a.hip */
extern "C" {
#endif
void host_hashes(unsigned *hashes, int n, unsigned salt);   /* util.c */
#ifdef __cplusplus
}
#endif

#endif
