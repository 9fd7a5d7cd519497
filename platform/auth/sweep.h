/* Clearing away the sessions and the guests that nobody can use any more. */
#ifndef AUTH_SWEEP_H
#define AUTH_SWEEP_H

#include "service/background.h"

#define SWEEP_INTERVAL_MS (10 * 60 * 1000)

background_step auth_sweep;

#endif
