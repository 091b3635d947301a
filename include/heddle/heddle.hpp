#pragma once

#include "heddle/array.hpp"
#include "heddle/buffer.hpp"
#include "heddle/cuda_kernel.hpp"
#include "heddle/engine.hpp"
#include "heddle/error.hpp"
#include "heddle/evaluate.hpp"
#include "heddle/expression.hpp"
#include "heddle/functions.hpp"
#include "heddle/hdf5.hpp"
#include "heddle/lines.hpp"
#include "heddle/reductions.hpp"
#include "heddle/scope.hpp"
