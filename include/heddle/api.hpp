#pragma once

// Marks what libheddle exports; everything else has hidden visibility.
#define HEDDLE_API __attribute__((visibility("default")))
