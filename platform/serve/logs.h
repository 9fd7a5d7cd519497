/*
 * What the children write: one file each in <data_dir>/logs, kept to LOGS_BYTES_MAX and one older
 * part beside it. Holds no secret: nobody logs one.
 */
#ifndef SERVE_LOGS_H
#define SERVE_LOGS_H

#include <stdio.h>

#define LOGS_BYTES_MAX  (32 << 20)
#define LOGS_TRIM_MS    30000
#define LOGS_TAIL_LINES 12

/* Opens NAME.log to append to; -1 (said on standard error) when that fails. */
int logs_open(const char *folder, const char *name);

/* Copies every log over LOGS_BYTES_MAX to NAME.log.1 and empties it; its writers append on. */
void logs_trim(const char *folder);

/* The last LOGS_TAIL_LINES lines of NAME.log, for the person whose start failed. */
void logs_tail(const char *folder, const char *name, FILE *out);

#endif
