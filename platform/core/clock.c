#include "core/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t clock);

int64_t clock_monotonic_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_unix_ms(void)
{
    return read_clock(CLOCK_REALTIME) / 1000000;
}

void clock_rfc3339(int64_t unix_ms, char ret_text[CLOCK_RFC3339_BYTES])
{
    int64_t milliseconds = (unix_ms % 1000 + 1000) % 1000;
    time_t seconds = (unix_ms - milliseconds) / 1000;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char text[64];
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
             (int)milliseconds);
    snprintf(ret_text, CLOCK_RFC3339_BYTES, "%.24s", text);
}

bool clock_parse_rfc3339(const char *text, int64_t *ret_unix_ms)
{
    struct tm parts = {0};
    int milliseconds;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
               &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds) != 7)
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    int64_t unix_ms = (int64_t)timegm(&parts) * 1000 + milliseconds;
    char again[CLOCK_RFC3339_BYTES];
    clock_rfc3339(unix_ms, again);
    if (strcmp(again, text))
        return false; /* the 31st of February, a sign, a blank, something behind it */
    *ret_unix_ms = unix_ms;
    return true;
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
