// The pages of `heddle help`: text, so longer than code would be.
#include <array>

#include "host/array/operations.hpp"
#include "host/cli/command.hpp"
#include "host/pipeline/version.hpp"

namespace heddle::cli {
namespace {

constexpr std::string_view kCommonOptions = R"(
options of eval, run, stats and info:
  --threads N        threads of the CPU lane (OMP_NUM_THREADS, else one per core)
  --memory SIZE      memory that a run may use: 256M, 2GiB (3/4 of the machine's)
  --files-from LIST  a text file with one file name a line, - for standard input
  --dry-run          print the passes, their tiles and what they would read, write and
                     need, and do nothing
  --quiet            print no progress, no summary and no warnings
  --json             print one JSON object instead of text
  --overwrite        replace an existing output
  --no-lock          open files without locks, for file systems that have none
  --verbose          print more: plans, attributes, the task in which an error came up
)";

constexpr std::string_view kDeviceOptions = R"(
devices of eval, run and stats:
  --device NAME      where the work is done: omp (the CPU), cuda (all GPUs, and the CPU),
                     cuda:0,2 (these), auto (GPUs where there are any), reference (one
                     task at a time), sim (simulated devices); HEDDLE_DEVICE, else omp
)";

constexpr std::string_view kOutputOptions = R"(
output:
  -o, --output FILE[:/GROUP]   where the results go: one dataset for each
  --dtype TYPE       element type of the results: float32, uint16, ... (their own)
  --chunks A,B,...   chunk shape, or auto, or contiguous (as the first such input)
  --gzip LEVEL       compress, 0 to 9
  --shuffle          sort the bytes of elements before compressing
  --fletcher32       store a checksum with each chunk
The output appears under its name when it is complete; an existing file is not
replaced without --overwrite. Attributes and dimension scales of the source are
carried over, its packing (scale_factor, add_offset, _FillValue) is not.
)";

constexpr std::string_view kEval = R"(usage: heddle eval EXPRESSION [NAME=VALUE ...] [-o FILE[:/GROUP]] [options]

Computes expressions over datasets, in as few passes over the files as they allow.
Each assigned name that no later one uses becomes a result; a bare expression is
named 'result'. Without -o the results are printed, large ones summarised.

  heddle eval 'mu = -log((raw - mean(dark,0)) / (mean(flat,0) - mean(dark,0)))' \
      raw=scan.h5:/exchange/data flat=scan.h5:/exchange/data_white \
      dark=scan.h5:/exchange/data_dark -o mu.h5 --dtype float32

inputs:
  NAME=FILE:PATH             a dataset; NAME=:PATH is that of each file of --files-from
  NAME=FILE:PATH@ATTRIBUTE   an attribute
  NAME=NUMBER                a number: 3, 2.5, 1e-3, True, 1+2j
  --cf               apply _FillValue, missing_value, _Unsigned, scale_factor and
                     add_offset of the inputs
  --explain          print where tasks ran, on the CPU or a device, why, and how long they
                     were predicted to take and took
)";

constexpr std::string_view kRun = R"(usage: heddle run JOB.toml [FILE ...] [--set KEY=VALUE] [-o TEMPLATE] [options]

Runs a job file (see `heddle help job`): once for each FILE, or for each file that
its patterns match. A file that fails does not stop the others; the exit status
is 1 then, and the end lists them.

  --set KEY=VALUE    put a value in place of the job file's: --set write.gzip=4,
                     --set inputs.gain=2.5; a name alone is one of [inputs]
  --explain          print where tasks ran, on the CPU or a device, why, and how long they
                     were predicted to take and took
)";

constexpr std::string_view kStats = R"(usage: heddle stats FILE:PATH ... [options]

Prints count, NaN, infinities, minimum, maximum, mean and standard deviation (of the
finite values, divided by their number), and a histogram. A FILE without PATH
stands for all its numeric datasets.

  --bins N           bins of the histogram, 0 for none (16)
  --range LOW,HIGH   range of the histogram; known beforehand it saves a pass
                     (the finite values' own; write --range=-1,1 for a negative LOW)
  --cf               apply the CF packing attributes first
)";

constexpr std::string_view kInfo = R"(usage: heddle info [FILE[:PATH] ...] [options]

With files: the tree of each, with types, shapes, chunks, filters and how well they
compress; --verbose lists the attributes too. Without: the machine, its cores, devices
and libraries.
)";

constexpr std::string_view kHelp = R"(usage: heddle help [TOPIC]

Explains a command (eval, run, stats, info, help, version) or a topic (job,
expressions, status).
)";

constexpr std::string_view kVersionPage = R"(usage: heddle version

Prints the version, as `heddle --version` does.
)";

constexpr std::string_view kJob = R"page(A job file is TOML:

  title = "Flat-field correction"      # optional
  files = ["scans/*.h5"]               # optional: one job for each match

  [inputs]                             # names and what they stand for
  raw  = "/exchange/data"              # a dataset of each file
  gain = "/exchange/data@gain"         # an attribute
  dark = "calibration.h5:/dark"        # a dataset of one certain file
  flat = "{dir}/{stem}_flat.h5:/flat"  # of a file with a related name
  offset = 0.5                         # a number

  [lets]                               # names used further down; optional
  d = "mean(dark, 0)"

  [outputs]                            # one dataset for each
  mu = "-log((raw - d) / (flat - d) * gain + offset)"
  transmission = { expression = "(raw - d) / (flat - d)", dtype = "float32", gzip = 4 }

  [write]
  file = "{dir}/{stem}_mu.h5"          # required
  group = "/result"                    # /
  dtype = "float32"                    # each result's own
  chunks = [1, 2048, 2048]             # or "auto", "contiguous"
  gzip = 1                             # 0 to 9
  shuffle = true
  fletcher32 = false
  overwrite = false

  [options]
  cf = false                           # apply the CF packing attributes of the inputs
  lock = true
  threads = 4
  memory = "2GiB"

{stem}, {name} and {dir} are those of the file that a job runs on: "scan_01",
"scan_01.h5", "scans"; {{ and }} are braces. A pattern (*, ?, [abc]) may also stand in
the file of an input. Relative names start at the job file's folder, those of the
command line (also -o) at the current one. Files given on the command line or with
--files-from take the place of all patterns.
)page";

constexpr std::string_view kExpressions = R"(Expressions follow Python's grammar and NumPy's meaning:

  assignments   t = (raw - dark) / (flat - dark); mu = -log(t)
  operators     + - * / // % **  < <= > >= == !=  & | ^ ~ << >>  and or not
  subscripts    raw[0], raw[:, 10:20, ::-1], raw[key == 1], raw[None], raw[..., 0]
  functions     where clip minimum maximum sqrt exp log sin arctan2 floor isnan ...
  reductions    sum prod mean std var min max argmin argmax any all count histogram
                with axis=, keepdims=; nansum, nanmean, ... leave NaN out
  counting      bincount histogram2d; group_sum(x, labels, n); segment_sum(x, offsets)
  attributes    raw@gain: the attribute of the dataset that raw stands for
  constants     pi, e, inf, nan, True, False

Types promote as in NumPy 2. `heddle help ops` lists all functions, docs/expressions.md
has the whole language.
)";

constexpr std::string_view kStatus = R"(exit status:
  0   everything was done
  1   some input failed: a file is missing or damaged, shapes do not fit, the output
      exists, the disk is full
  2   wrong usage: an unknown option, a mistake in an expression or in a job file
A signal removes unfinished output and ends the command as the shell expects
(128 + its number). Whatever happens, an output is there whole or not at all, and
an old one stays until the new one takes its place.
)";

struct Page {
    std::string_view topic, text;
    bool common = false, output = false, device = false;
};
constexpr std::array<Page, 9> kPages{{{"eval", kEval, true, true, true},
                                      {"run", kRun, true, true, true},
                                      {"stats", kStats, true, false, true},
                                      {"info", kInfo, true},
                                      {"help", kHelp},
                                      {"version", kVersionPage},
                                      {"job", kJob},
                                      {"expressions", kExpressions},
                                      {"status", kStatus}}};

constexpr std::string_view kOperations = "ops";

std::string overview() {
    std::string text = "heddle " + std::string(pipeline::kVersion) +
                       ": array computations over HDF5 files\n\nusage: heddle COMMAND ...\n\n";
    for (const auto& command : commands()) {
        text += "  " + std::string(command.name);
        text += std::string(10 - command.name.size(), ' ') + std::string(command.summary) + "\n";
    }
    return text + "\n`heddle help COMMAND` explains one; there is also help on job, expressions, ops\nand status.\n";
}

}  // namespace

std::optional<std::string> help_text(std::string_view topic) {
    if (topic.empty()) return overview();
    if (topic == kOperations) return array::operations_text();
    for (const auto& page : kPages) {
        if (page.topic != topic) continue;
        std::string text(page.text);
        if (page.output) text += kOutputOptions;
        if (page.common) text += kCommonOptions;
        if (page.device) text += kDeviceOptions;
        return text;
    }
    return std::nullopt;
}

std::vector<std::string> help_topics() {
    std::vector<std::string> topics;
    for (const auto& page : kPages) topics.emplace_back(page.topic);
    topics.emplace_back(kOperations);
    return topics;
}

}  // namespace heddle::cli
