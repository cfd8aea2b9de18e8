// The messages of every daemon, compiled once (CMakeLists.txt), for the libraries and programs that stand on lib/proto.
#pragma once
#include "precompiled.h"
#include "proto/authd.pb.h"
#include "proto/records.pb.h"
#include "proto/stored.pb.h"
