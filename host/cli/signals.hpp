#pragma once

namespace heddle::cli {

// SIGINT, SIGTERM and SIGHUP remove the temporaries of this process and then end it as they would have, so that the
// shell sees 128 + the signal; one that was ignored stays so. SIGPIPE becomes an error of the write.
void install_signal_handlers();

// While set, a signal also clears the line of the progress bar.
void set_progress_line(bool drawn) noexcept;

}  // namespace heddle::cli
