/* Forgetting what was said long ago. */
#ifndef SOCIAL_SWEEP_H
#define SOCIAL_SWEEP_H

#include "service/background.h"

#define MESSAGES_SWEEP_MS (60 * 60 * 1000)

background_step messages_sweep;

#endif
