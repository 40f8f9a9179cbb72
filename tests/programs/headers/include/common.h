// The common.h of the files in this folder. main.hip must not get it.
#ifndef HEADERS_INCLUDE_COMMON_H
#define HEADERS_INCLUDE_COMMON_H

#define REDUCE_BLOCK 128
#ifndef WHICH_COMMON
#define WHICH_COMMON 2
#endif

#endif
