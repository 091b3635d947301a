#pragma once

namespace heddle::fake_cuda {

// How many of the library's own kernels, those that are not generated, were launched since the last call of this.
int own_launches();
// The next so many of them are refused.
void refuse_own_launches(int count);
// After so many more of them, the stream's device is lost.
void lose_at_own_launch(int count);

}  // namespace heddle::fake_cuda
