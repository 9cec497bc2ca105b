/* The desk's own sounds. */
#ifndef STUDIOD_GENERATORS_H
#define STUDIOD_GENERATORS_H
#include "click.h"
#include "oscillator.h"
#endif
