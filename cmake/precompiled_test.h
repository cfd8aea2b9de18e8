// GoogleTest and what tests include beside it, compiled once (CMakeLists.txt).
#pragma once
#include "precompiled_messages.h"
#include <gtest/gtest.h>
